/** The masks of one film under edit: what was proposed, what stands now, and how to get back. No canvas here. */

import { Areas, type Tally } from "./areas";
import { enlarge, type Film, type Maps } from "./film";
import { History, type Made, type Source } from "./history";
import type { Masks, Rect } from "./mask";
import * as mask from "./mask";
import { addRle, decodeRle, encodeRle, type Rle } from "./rle";
import { filmScope, type KeptScope, keptScope, lassoScope, regionScope, type Scope } from "./scope";

export class MaskDocument {
  readonly masks: Masks;
  readonly pseudo: Masks;
  readonly history: History;
  /** By finding: how often its mask was changed, to tell a verdict given before from one given after. */
  readonly revisions: number[] = new Array(8).fill(0);
  private maps: Maps | null = null;
  private teachers: (readonly Rle[])[] = [];
  private readonly areas: Areas;
  private readonly changed: (rect: Rect) => void;
  private previewing: { made: Made; rect: Rect } | null = null; // what a slider shows, and where that changed anything
  private chosen: { finding: number; scope: Scope } | null = null;
  private readonly wide = new Map<number, Scope>(); // by finding
  private slid: Scope | null = null; // made the masks what they are: nothing has changed them since
  private readonly planes = new Map<number, Uint8Array>();

  /** ``changed`` is told of every rectangle that looks different now. */
  constructor(
    private readonly film: Film,
    changed: (rect: Rect) => void,
  ) {
    this.changed = (rect) => {
      this.painted(rect);
      changed(rect);
    };
    this.masks = mask.createMasks(film.width, film.height);
    this.pseudo = mask.createMasks(film.width, film.height);
    this.history = new History(this.masks);
    this.areas = new Areas(this.masks, this.pseudo);
  }

  /** Put masks in: the proposed one to come back to, and the one to edit. History begins anew. */
  load(finding: number, pseudo: Rle | null, current: Rle | null): void {
    const { width, height } = this.film;
    if (pseudo) decodeRle(pseudo, this.pseudo.bits, width, height, finding);
    if (current) decodeRle(current, this.masks.bits, width, height, finding);
    this.history.rebase();
    this.changed(mask.whole(this.masks));
  }

  /** Go on from a mask of an earlier sitting, and what it was made with. History begins anew. */
  restore(finding: number, current: Rle, made: Made | null): void {
    decodeRle(current, this.masks.bits, this.film.width, this.film.height, finding);
    this.history.restore(finding, made);
    this.changed(mask.whole(this.masks));
  }

  /** Put all findings' masks into a document that has none yet: proposed, to edit, and the teachers' own. */
  lay(findings: readonly { pseudo: Rle | null; current: Rle | null; teachers?: readonly Rle[] }[]): void {
    const { width, height } = this.film;
    this.teachers = findings.map(({ teachers }) => teachers ?? []);
    findings.forEach(({ pseudo, current }, finding) => {
      if (pseudo) addRle(pseudo, this.pseudo.bits, width, height, finding);
      if (current) addRle(current, this.masks.bits, width, height, finding);
    });
    this.history.rebase();
    this.changed(mask.whole(this.masks));
  }

  loadMaps(maps: Maps): void {
    this.maps = maps;
    this.planes.clear();
    this.wide.clear();
  }

  get hasMaps(): boolean {
    return this.maps !== null;
  }

  rle(finding: number): Rle {
    return encodeRle(this.masks.bits, this.film.width, this.film.height, finding);
  }

  /** By finding: how many pixels its mask has, and whether it is another than the proposed one. */
  tally(): Tally {
    return this.areas.tally();
  }

  /** A gesture that goes on has painted in here. */
  painted(rect: Rect): void {
    this.areas.outdate(rect);
    this.slid = null;
  }

  /** Where the slider acts for a finding. */
  scope(finding: number): Scope {
    if (this.chosen?.finding === finding) return this.chosen.scope;
    const scope = this.wide.get(finding) ?? filmScope(finding);
    this.wide.set(finding, scope);
    return scope;
  }

  /** From now on the slider acts inside an outline; what a click leaves is too small for one: the region there. */
  narrow(finding: number, path: mask.Point[]): boolean {
    const plane = this.plane(finding);
    const at = path[0];
    if (!plane || !at) return false;
    const inside = mask.lassoPixels(this.masks, path);
    const { width, height } = this.film;
    if (inside.length < 4 && (at.x < 0 || at.y < 0 || at.x >= width || at.y >= height)) return false;
    const scope =
      inside.length < 4 ? regionScope(this.masks, finding, plane, at.x, at.y) : lassoScope(this.masks, finding, inside);
    this.chosen = { finding, scope };
    return true;
  }

  /** Where the slider acts, for another sitting; null on the whole film. */
  keepScope(): KeptScope | null {
    return this.chosen?.scope.keep() ?? null;
  }

  /** Let the slider act where it did in an earlier sitting. */
  restoreScope(kept: KeptScope): void {
    this.chosen = { finding: kept.finding, scope: keptScope(this.masks, kept) };
  }

  /** The slider acts on the whole film again. */
  widen(): void {
    this.chosen = null;
  }

  /** Show the mask at another threshold (1–255); nothing is kept until ``commitThreshold``: one undo, on release. */
  previewThreshold(finding: number, threshold: number): void {
    const plane = this.plane(finding);
    if (!plane) return;
    const scope = this.scope(finding);
    const rect = scope.apply(this.masks, plane, threshold, this.slid === scope);
    const made = { finding, threshold: threshold / 255 };
    this.previewing = { made, rect: mask.union(this.previewing?.rect ?? null, rect)! };
    this.changed(rect);
    this.slid = scope;
  }

  /** Whether the slider shows something that is not kept yet. */
  get previews(): boolean {
    return this.previewing !== null;
  }

  commitThreshold(): void {
    const { chosen, slid, previewing } = this;
    if (!previewing) return;
    this.previewing = null;
    this.commit(previewing.rect, previewing.made);
    this.chosen = chosen;
    this.slid = slid;
  }

  cutRegion(finding: number, x: number, y: number, keep: boolean): void {
    this.commit(mask.cutRegion(this.masks, finding, x, y, keep));
  }

  fillHoles(finding: number): void {
    this.commit(mask.fillHoles(this.masks, finding));
  }

  grow(finding: number, outward: boolean): void {
    this.commit(mask.grow(this.masks, finding, outward));
  }

  clear(finding: number): void {
    this.commit(mask.clear(this.masks, finding), { finding });
  }

  /** Back to the proposed mask; can be undone. */
  reset(finding: number): void {
    const on = 1 << finding;
    const { bits } = this.masks;
    for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! & ~on) | (this.pseudo.bits[i]! & on);
    this.commit(mask.whole(this.masks), { finding });
  }

  /** Take over another's mask (a teacher's: whose by its number); can be undone. */
  adopt(finding: number, rle: Rle, adopted: Source, teacher?: number): void {
    decodeRle(rle, this.masks.bits, this.film.width, this.film.height, finding);
    this.commit(mask.whole(this.masks), { finding, adopted, ...(teacher === undefined ? {} : { teacher }) });
  }

  /** End a gesture that painted inside this rectangle. */
  commit(rect: Rect | null, made?: Made): void {
    if (!rect) return;
    if (this.history.commit(rect, made)) this.settle(rect);
    else this.changed(rect); // as it was before a slider showed something else
  }

  /** Throw away what a gesture or a slider has shown so far. */
  revert(): void {
    this.previewing = null;
    this.history.revert(mask.whole(this.masks));
    this.changed(mask.whole(this.masks));
  }

  undo(): void {
    const rect = this.history.undo();
    if (rect) this.settle(rect);
  }

  redo(): void {
    const rect = this.history.redo();
    if (rect) this.settle(rect);
  }

  private settle(rect: Rect): void {
    this.chosen = null; // its scope remembers a mask that is no longer there
    const { touched } = this.history;
    this.revisions.forEach((_, bit) => {
      if (touched & (1 << bit)) this.revisions[bit]!++;
    });
    this.changed(rect);
  }

  /** How many teachers' masks of a finding are here. */
  teachersOf(finding: number): number {
    return this.teachers[finding]?.length ?? 0;
  }

  /** Where a finding is in doubt, 0–255: the share of teachers whose mask disagrees with the ensemble's, where theirs are
   * here; else nothing at P = 0 or 1, all at one half. Null where neither is (yet). */
  doubt(finding: number): Uint8Array | null {
    if (this.teachersOf(finding)) return this.disagreement(finding);
    return this.plane(finding)?.map((p) => Math.round((4 * p * (255 - p)) / 255)) ?? null;
  }

  private disagreement(finding: number): Uint8Array {
    const { width, height } = this.film;
    const counts = new Uint8Array(width * height);
    const one = new Uint8Array(width * height);
    const teachers = this.teachers[finding]!;
    for (const rle of teachers) {
      decodeRle(rle, one, width, height, 0);
      for (let i = 0; i < counts.length; i++) {
        if (one[i] !== ((this.pseudo.bits[i]! >> finding) & 1)) counts[i]!++;
      }
    }
    return counts.map((count) => Math.round((255 * count) / teachers.length));
  }

  /** A finding's probabilities at the film's size; null while no map has come. */
  plane(finding: number): Uint8Array | null {
    const stored = this.maps?.planes[finding];
    if (!this.maps || !stored) return null;
    const known = this.planes.get(finding);
    if (known) return known;
    const plane = enlarge(stored, this.maps, this.film.width, this.film.height);
    this.planes.set(finding, plane);
    return plane;
  }
}
