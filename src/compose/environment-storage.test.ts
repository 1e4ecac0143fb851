import { expect, it } from 'vitest'
import { namedStorage } from './environment-storage.ts'

const postgres = 'postgres://db.example/app'

it.each([
  [{}, undefined],
  [{ DATABASE_URL: postgres }, postgres],
  [{ DATABASE_URL: ' postgresql://db.example/app\n' }, 'postgresql://db.example/app'],
  // Of the application, and nothing that Perdure could use.
  [{ DATABASE_URL: 'mysql://db.example/app' }, undefined],
  [{ DATABASE_URL: '' }, undefined],
  [{ DATABASE_URL: 'postgres://other.example/x', PERDURE_DATABASE_URL: postgres }, postgres],
  [{ DATABASE_URL: postgres, PERDURE_DATABASE_URL: '' }, undefined],
])('%j keeps sessions in %s', (environment, place) => {
  expect(namedStorage(environment)?.place).toBe(place)
})
