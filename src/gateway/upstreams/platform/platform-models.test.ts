import { describe, expect, it } from 'vitest'
import { bedrockModel, foundryModel, knownModels, profileOfRegion, vertexModel } from './platform-models.ts'

// As Claude Code itself names them on each platform.
describe('a model on the platforms', () => {
  it.each([
    ['claude-opus-5-5', 'us.anthropic.claude-opus-5-5', 'claude-opus-5-5', 'claude-opus-5-5'],
    ['claude-opus-4-6', 'us.anthropic.claude-opus-4-6-v1', 'claude-opus-4-6', 'claude-opus-4-6'],
    [
      'claude-sonnet-4-5-20250929',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'claude-sonnet-4-5@20250929',
      'claude-sonnet-4-5',
    ],
    [
      'claude-3-5-sonnet-20241022',
      'us.anthropic.claude-3-5-sonnet-20241022-v2:0',
      'claude-3-5-sonnet-v2@20241022',
      'claude-3-5-sonnet',
    ],
  ])('%s', (...[model, bedrock, vertex, foundry]) => {
    expect([bedrockModel(model, 'us'), vertexModel(model), foundryModel(model)]).toEqual([bedrock, vertex, foundry])
  })

  it('keeps the names that are a platform’s already', () => {
    for (const name of ['arn:aws:bedrock:us-east-1:1:inference-profile/x', 'eu.anthropic.claude-opus-5-5', 'mine']) {
      expect([bedrockModel(name, 'us'), vertexModel(name), foundryModel(name)]).toEqual([name, name, name])
    }
    expect(vertexModel('claude-haiku-4-5@20251001')).toBe('claude-haiku-4-5@20251001')
  })

  it('can be asked for without a profile, and is listed once', () => {
    expect(bedrockModel('claude-opus-5-5', '')).toBe('anthropic.claude-opus-5-5')
    expect(new Set(knownModels).size).toBe(knownModels.length)
  })
})

it.each([
  ['us-west-2', 'us'],
  ['us-gov-west-1', 'us-gov'],
  ['eu-central-1', 'eu'],
  ['ap-northeast-1', 'apac'],
  ['ca-central-1', 'global'],
])('in %s inference profiles are those of %s', (region, profile) => expect(profileOfRegion(region)).toBe(profile))
