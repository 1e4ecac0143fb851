/**
 * What a secret looks like, by kind. Case matters. Look-arounds demand and hardly ever forbid: text that has
 * been redacted holds nothing that would match anew. No pattern crosses a quote, so JSON text stays JSON.
 */
export const secretPatterns: Readonly<Record<string, string>> = {
  anthropic_key: String.raw`sk-ant-[A-Za-z0-9_-]{8,}`,
  run_token: String.raw`perdure-run-[A-Za-z0-9_-]{20,}`,
  aws_key_id: String.raw`(?:AKIA|ASIA)[0-9A-Z]{16,}`,
  aws_secret: String.raw`(?<=(?:secret_access_key|SECRET_ACCESS_KEY|SecretAccessKey|secretAccessKey|session_token|SESSION_TOKEN|SessionToken|sessionToken)[\\"']{0,3}\s{0,4}[=:]\s{0,4}[\\"']{0,3})[A-Za-z0-9/+=]{40,}`,
  github_token: String.raw`gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}`,
  google_key: String.raw`AIza[0-9A-Za-z_-]{35,}`,
  slack_token: String.raw`xox[abeoprs]-[A-Za-z0-9-]{16,}`,
  // The first part ends where another may begin: nothing is read twice.
  jwt: String.raw`eyJ(?:(?!eyJ)[A-Za-z0-9_-]){8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`,
  private_key: privateKeyPattern(),
  // A token has a digit; "Bearer authentication" has none.
  bearer_token: String.raw`(?<=[Bb]earer )(?=[A-Za-z._~+/=-]*[0-9])[A-Za-z0-9._~+/=-]{16,}`,
}

/** With its end, or cut short. In JSON text the line ends are written as backslash and `n`. */
function privateKeyPattern(): string {
  const label = String.raw`(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----`
  const lineEnd = String.raw`(?:\s|\\[nr])`
  const whole = String.raw`(?:[A-Za-z0-9+/=:,.]|${lineEnd}|-[A-Za-z0-9])*-----END ${label}`
  return String.raw`-----BEGIN ${label}(?:${whole}|(?:${lineEnd}*[A-Za-z0-9+/=]{20,})*)`
}

/** Each pattern holds one of these, so text without any needs no closer look. */
export const secretMarks =
  /sk-ant-|perdure-run-|AKIA|ASIA|secret_a|SECRET_A|cretAcces|session_t|SESSION_T|ssionToken|gh[pousr]_|github_pat_|AIza|xox[abeoprs]-|\.eyJ|PRIVATE KEY|earer /
