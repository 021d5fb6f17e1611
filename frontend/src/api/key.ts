/** An Idempotency-Key: a request that is sent again under it is answered again and done once.
 *
 * Not crypto.randomUUID: browsers keep it from pages that came over plain http, as inside a hospital's network. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
