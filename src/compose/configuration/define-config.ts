import type { Configuration } from './configuration-schema.ts'

/** For `perdure.config.ts`: `export default defineConfig({ … })`. Gives back what it is given, with its types checked. */
export const defineConfig = (configuration: Configuration): Configuration => configuration
