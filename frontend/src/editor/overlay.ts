/** What of the masks is shown over a film, and how. */

import { type Box, boxesOf } from "./boxes";
import type { MaskDocument } from "./document";
import { difference, type Masks, type Rect, whole } from "./mask";
import type { Color, Look, Scene } from "./renderer";
import { COLORS, DIFFERENCE } from "./state";
import { DOUBT, maskTable } from "./tint";

/** What is shown while a key is held: no masks, the pseudo masks, what the edit added and took away. */
export type Held = "hide" | "original" | "difference";

/** A finding's boxes in its colour. */
export interface Boxed {
  color: Color;
  boxes: readonly Box[];
}

export class Overlay {
  visible = 0xff; // bits of the findings
  outline = true;
  doubt = false;
  boxes = false; // a box around each region
  finding = 0; // the chosen one
  beside: Path2D | null = null; // another's mask, laid over to be looked at
  private ghosts = 0;
  private held: Held | null = null;
  private apart: Masks | null = null; // what the edit added and took away, while that is shown
  private found: Box[][] | null = null; // by finding, as the masks were when they were last asked for
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

  /** The boxes to show: of the findings that are seen, none while something else is held up. */
  boxed(): Boxed[] {
    if (!this.boxes || this.held) return [];
    this.found ??= boxesOf(this.document.masks);
    const seen = this.visible & ~this.ghosts;
    const boxed = COLORS.slice(0, this.findings).map((color, bit) => ({ color, boxes: this.found![bit]!, bit }));
    return boxed.filter(({ boxes, bit }) => boxes.length && seen & (1 << bit));
  }

  /** The masks changed and rest now: boxes are found anew once they are shown. Answers whether they are. */
  settle(): boolean {
    this.found = null;
    return this.boxes;
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
