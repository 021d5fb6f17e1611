/** A case's film on a canvas of its own, its masks on it as they were left; maps when they arrive. */

import { fetchBytes } from "../../../api/client";
import { Editor } from "../../../editor/editor";
import { parseFilm, parseMaps } from "../../../editor/film";
import { Plate } from "../../../editor/plate";
import type { Opened } from "./types";

export class Sheet {
  readonly canvas = document.createElement("canvas");
  /** The film with its masks, once it is here. */
  editor: Editor | null = null;
  /** The same as a promise; null when the sheet was let go of before. */
  readonly film: Promise<Editor | null>;
  /** The same with its maps; read blind, a film has none yet, and none is asked for. */
  readonly whole: Promise<Editor | null>;
  private gone = false;

  /** ``turn`` is waited for before each piece of work that takes long. */
  constructor(
    readonly on: Pick<Opened, "told" | "draft">,
    private readonly turn: () => Promise<void>,
  ) {
    this.canvas.tabIndex = -1;
    this.film = this.layFilm();
    this.whole = on.told.blind ? this.film : this.layMaps();
    this.whole.catch(() => undefined); // told to whoever waits for it
  }

  destroy(): void {
    this.gone = true;
    this.editor?.destroy();
  }

  private async layFilm(): Promise<Editor | null> {
    const bytes = await fetchBytes(`/api/v1/images/${this.on.told.image.id}/pixels`);
    await this.turn();
    if (this.gone) return null;
    const plate = new Plate(parseFilm(bytes));
    await this.turn();
    if (this.gone) {
      plate.destroy();
      return null;
    }
    this.editor = layOut(this.canvas, plate, this.on);
    return this.editor;
  }

  private async layMaps(): Promise<Editor | null> {
    const editor = await this.film; // the film comes first
    const { labelling_id, image } = this.on.told;
    if (this.gone) return null;
    const bytes = await fetchBytes(`/api/v1/labellings/${labelling_id}/images/${image.id}/maps`);
    if (this.gone) return null;
    editor?.loadMaps(parseMaps(bytes));
    return editor;
  }
}

/** The masks as the server has them, with what this reader had done since on top. */
function layOut(canvas: HTMLCanvasElement, film: Plate, { told, draft }: Sheet["on"]): Editor {
  const threshold = Math.max(1, Math.round(told.tau_mask * 255));
  const editor = new Editor(canvas, film, { findings: told.findings.length, threshold });
  const laid = told.findings.map(({ pseudo, read, frozen, teachers }) => ({
    pseudo,
    current: read ?? frozen ?? pseudo,
    teachers: teachers.map(({ mask }) => mask),
  }));
  editor.document.lay(laid);
  told.findings.forEach(({ finding }, bit) => {
    const kept = draft?.masks[finding];
    if (kept) editor.document.restore(bit, kept.mask, kept.made);
  });
  const drawn = told.findings.findIndex((finding) => finding.drawn);
  editor.setFinding(Math.max(0, drawn));
  if (draft?.sitting) editor.sitAgain(draft.sitting);
  return editor;
}
