/** Keeping a case: a heartbeat while the page is seen, one more at once when the reader comes back or acts after a gap. */

import { api, need, type Problem } from "../../../api/client";
import type { Case } from "./types";

const BEAT = 20_000;
const LOOK = 1_000;
const SOON = 120; // seconds: from here on the end is told

interface Heard {
  ends: (seconds: number | null) => void; // null: not soon
  over: (company: "lost" | "audit-closed") => void;
  signedOut: () => void;
}

export class Lease {
  private until: number;
  private tried = Date.now();
  private over: boolean;
  private readonly stop = new AbortController();

  /** What cannot be decided any more is nobody's to hold. */
  constructor(
    private readonly told: Case,
    private readonly heard: Heard,
  ) {
    this.over = told.why !== null;
    this.until = Date.now() + told.lease_seconds * 1000;
    if (this.over) return;
    const timer = setInterval(() => this.look(), LOOK);
    const { signal } = this.stop;
    signal.addEventListener("abort", () => clearInterval(timer));
    document.addEventListener("visibilitychange", () => this.come(), { signal });
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.act(), { signal });
  }

  async beat(): Promise<void> {
    if (this.over) return;
    this.tried = Date.now();
    const { id, fence } = this.told;
    const path = { params: { path: { case_id: id } }, body: { fence } };
    await need(api.POST("/api/v1/cases/{case_id}/renew", path)).then(
      ({ lease_seconds }) => {
        this.until = Date.now() + lease_seconds * 1000;
      },
      (refusal: Problem) => this.refuse(refusal),
    );
  }

  end(): void {
    this.over = true;
    this.stop.abort();
  }

  private refuse({ status, type }: Problem): void {
    if (this.stop.signal.aborted) return; // another case is at hand
    const company = status === 412 ? "lost" : type === "urn:overread:audit-closed" ? "audit-closed" : null;
    if (company) {
      this.over = true;
      this.heard.over(company);
    } else if (status === 401) this.heard.signedOut();
  }

  private look(): void {
    if (document.visibilityState === "visible" && this.since >= BEAT) void this.beat();
    const seconds = Math.max(0, Math.round((this.until - Date.now()) / 1000));
    this.heard.ends(seconds < SOON && !this.over ? seconds : null);
  }

  private come(): void {
    if (document.visibilityState === "visible" && this.since >= LOOK) void this.beat();
  }

  private act(): void {
    if (this.until - Date.now() < SOON * 1000 && this.since >= LOOK * 5) void this.beat();
  }

  private get since(): number {
    return Date.now() - this.tried;
  }
}
