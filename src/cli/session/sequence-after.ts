import { positiveNumber } from './positive-number.ts'

/** The event after which a listing begins; 0: from the first. */
export const sequenceAfter = (written: string | undefined): number =>
  written === undefined || written === '0' ? 0 : positiveNumber(written, '--after')
