import { openMemoryStorage } from '../../stores/memory/open-memory-storage.ts'
import { LazyStorage } from './lazy-storage.ts'

/** Sessions in this process alone, gone with it: for tests and for what need not last. */
export class MemoryStorage extends LazyStorage {
  constructor() {
    super(async () => openMemoryStorage())
  }
}
