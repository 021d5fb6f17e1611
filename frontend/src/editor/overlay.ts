/** What of the masks is shown over a film, and how. */

import type { MaskDocument } from "./document";
import { difference, type Masks, type Rect, whole } from "./mask";
import type { Look, Scene } from "./renderer";
import { COLORS, DIFFERENCE } from "./state";
import { DOUBT, maskTable } from "./tint";

/** What is shown while a key is held: no masks, the pseudo masks, what the edit added and took away. */
export type Held = "hide" | "original" | "difference";

export class Overlay {
  visible = 0xff; // bits of the findings
  outline = true;
  doubt = false;
  finding = 0; // the chosen one
  beside: Path2D | null = null; // another's mask, laid over to be looked at
  private ghosts = 0;
  private held: Held | null = null;
  private apart: Masks | null = null; // what the edit added and took away, while that is shown
  private doubtful: Uint8Array | null = null; // the doubt of the chosen finding, while that is shown

  /** ``outdated`` is told where outlines look different now, and whether the tint does. */
  constructor(
    private readonly document: MaskDocument,
    private readonly outdated: (rect: Rect, tint: boolean) => void,
    private readonly findings: number,
  ) {}

  /** Null while masks are hidden. */
  scene(): Scene | null {
    if (this.held === "hide") return null;
    const look = this.look();
    const masks = this.apart ?? (this.held === "original" ? this.document.pseudo : this.document.masks);
    if (this.doubtful) return { masks, look, bytes: this.doubtful, table: DOUBT };
    return { masks, look, bytes: masks.bits, table: maskTable(look) };
  }

  /** Begin or end to hold; answers whether that changed anything. */
  hold(what: Held, held: boolean): boolean {
    if (held === (this.held === what)) return false;
    if (!held && this.held !== what) return false;
    this.held = held ? what : null;
    const { pseudo, masks } = this.document;
    this.apart = this.held === "difference" ? difference(pseudo, masks, this.finding) : null;
    this.recomposeAll();
    return true;
  }

  /** Findings (bits) that the reader says are not there: their masks step back. Answers whether that is news. */
  ghost(findings: number): boolean {
    if (findings === this.ghosts) return false;
    this.ghosts = findings;
    this.recomposeAll();
    return true;
  }

  recomposeAll(): void {
    this.doubtful = this.doubt && !this.apart ? this.document.doubt(this.finding) : null;
    this.outdated(whole(this.document.masks), true);
  }

  recompose(rect: Rect): void {
    this.outdated(rect, !this.doubtful); // what changed shows in the outline; the doubt stays
  }

  private look(): Look {
    if (this.apart) return { colors: DIFFERENCE, visible: 3, ghosts: 0, filled: true, outlined: false, active: -1 };
    return {
      colors: COLORS.slice(0, this.findings),
      visible: this.visible,
      ghosts: this.ghosts,
      filled: !this.outline || this.doubt,
      outlined: true,
      active: this.finding,
    };
  }
}
