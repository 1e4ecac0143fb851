import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import { storageContract } from '../../src/testing/contracts.ts'
import { emptySchema, sharedPostgresUrl } from '../support/shared-postgres.ts'

storageContract({
  open: async (options) =>
    openPostgresStorage({ url: await sharedPostgresUrl(), schema: await emptySchema(), ...options }),
})
