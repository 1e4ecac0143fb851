import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

interface CredentialProviders {
  readonly fromEnv: () => CredentialProvider
  readonly fromNodeProviderChain: () => CredentialProvider
  readonly createCredentialChain: (...chain: CredentialProvider[]) => CredentialProvider
}

type CredentialProvider = () => Promise<AwsCredentials>

/**
 * Where all AWS tools look for credentials: environment, profiles, single sign-on, roles of containers and machines.
 * The client of Bedrock has the same chain but makes it anew for every request, and would ask for a role each time;
 * this one keeps what it got until it expires. It is the package of that client, found from where it stands.
 */
export function awsCredentialChain(): CredentialProvider {
  const clientRequire = createRequire(fileURLToPath(import.meta.resolve('@anthropic-ai/bedrock-sdk')))
  const providers = clientRequire('@aws-sdk/credential-providers') as CredentialProviders
  return providers.createCredentialChain(providers.fromEnv(), providers.fromNodeProviderChain())
}
