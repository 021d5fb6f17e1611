/** The one way to the server: generated types, problems as errors, bytes where bytes are meant. */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export const api = createClient<paths>({ baseUrl: "/" });

/** A refusal of the server: a stable type to switch on and a sentence to show. */
export class Problem extends Error {
  constructor(
    readonly type: string,
    readonly title: string,
    readonly status: number,
    detail: string,
    readonly extra: Record<string, unknown> = {},
  ) {
    super(detail);
  }
}

/** Unwrap an answer; raises Problem for a refusal or a silent server. */
export async function need<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer: { data?: T; error?: unknown; response: Response };
  try {
    answer = await call;
  } catch {
    throw new Problem(
      "urn:overread:offline",
      "The server does not answer",
      0,
      "Check the connection; nothing is lost.",
    );
  }
  if (answer.response.ok) return answer.data as T;
  throw problemOf(answer.error, answer.response.status);
}

export function problemOf(body: unknown, status: number): Problem {
  const known = (body ?? {}) as Record<string, unknown>;
  const { type, title, detail, ...extra } = known;
  return new Problem(
    String(type ?? "about:blank"),
    String(title ?? "Something went wrong"),
    status,
    String(detail ?? `The server answered ${status}.`),
    extra,
  );
}

export async function fetchBytes(path: string): Promise<ArrayBuffer> {
  const response = await fetch(path).catch(() => null);
  if (!response) throw new Problem("urn:overread:offline", "The server does not answer", 0, "Check the connection.");
  if (!response.ok) throw problemOf(await response.json().catch(() => null), response.status);
  return response.arrayBuffer();
}
