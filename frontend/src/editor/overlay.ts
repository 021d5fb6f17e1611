/** What of the masks is shown over a film, and how; recomposed where it changed. */

import type { MaskDocument } from "./document";
import { difference, type Masks, type Rect, whole } from "./mask";
import type { Look, Renderer } from "./render2d";
import { COLORS, DIFFERENCE } from "./state";

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

  constructor(
    private readonly document: MaskDocument,
    private readonly renderer: Renderer,
    private readonly findings: number,
  ) {}

  get hidden(): boolean {
    return this.held === "hide";
  }

  get shown(): Masks {
    return this.apart ?? (this.held === "original" ? this.document.pseudo : this.document.masks);
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

  look(): Look {
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

  recomposeAll(): void {
    const doubt = this.doubt && !this.apart ? this.document.doubt(this.finding) : null;
    if (doubt) this.renderer.composeDoubt(doubt);
    else this.renderer.composeMasks(whole(this.document.masks));
  }

  recompose(rect: Rect): void {
    // What changed shows in the outline; the doubt stays.
    const doubted = this.document.hasMaps || this.document.teachersOf(this.finding) > 0;
    if (this.doubt && doubted) this.renderer.traceAnew(rect);
    else this.renderer.composeMasks(rect);
  }
}
