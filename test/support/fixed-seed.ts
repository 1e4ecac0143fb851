import fc from 'fast-check'

// A change is judged by the change: property tests draw the same cases every time, unless a seed is given
// (`PERDURE_SEED=$RANDOM npm test` looks for new ones).
fc.configureGlobal({ seed: Number(process.env['PERDURE_SEED'] ?? 20_261_121) })
