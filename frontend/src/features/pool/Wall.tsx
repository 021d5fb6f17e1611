import "./Wall.css";
import { useElementSize } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { percent } from "../../components/words";
import type { Color } from "../../editor/renderer";
import { decisions, pool as t } from "../../texts/pool";
import { Thumbnail } from "./Thumbnail";
import { type Audited, type Tile, usePages, type useWall } from "./wall";

const TILE = 148;
const ROW = 178;

interface Props {
  iteration: Audited;
  query: ReturnType<typeof useWall>["query"];
  wall: Schemas["WallOut"];
  color: Color;
  masks: boolean;
  chosen: ReadonlySet<number>;
  onChoose: (labels: number[], on: boolean) => void;
  onOpen: (tile: Tile) => void;
}

/** Every film of the wall in one scroll; only what is in sight exists. One stop for Tab, arrows inside. */
export function Wall({ iteration, query, wall, color, masks, chosen, onChoose, onOpen }: Props) {
  const { box, measured, columns, rows, shown } = useGrid(wall.total);
  const { tiles, error, retry } = usePages(iteration, query, wall, pagesOf(wall, shown, columns));
  const show = (index: number): void => rows.scrollToIndex(Math.floor(index / columns));
  const { active, choose, onKey } = useActive({ wall, columns, tiles, chosen, box, show, onChoose, onOpen });
  return (
    <>
      {error && <Failed error={error} retry={retry} />}
      <div className="wall" ref={box}>
        <div
          ref={measured}
          role="listbox"
          aria-label={t.filmsList}
          aria-multiselectable
          aria-activedescendant={tiles.has(active) ? `tile-${active}` : undefined}
          tabIndex={0}
          onKeyDown={onKey}
          style={{ height: rows.getTotalSize(), position: "relative" }}
        >
          {shown.flatMap((row) =>
            Array.from({ length: Math.min(columns, wall.total - row.index * columns) }, (_, column) => {
              const index = row.index * columns + column;
              const place = { top: row.start, left: column * TILE };
              return (
                <Cell
                  key={index}
                  index={index}
                  total={wall.total}
                  tile={tiles.get(index)}
                  {...{ place, color, masks }}
                  active={index === active}
                  chosen={chosen.has(tiles.get(index)?.id ?? -1)}
                  onClick={(range) => choose(index, range)}
                  onOpen={onOpen}
                />
              );
            }),
          )}
        </div>
      </div>
    </>
  );
}

/** The rows that are in sight, of as many tiles as there is room for. */
function useGrid(total: number) {
  const box = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize();
  const columns = Math.max(1, Math.floor(width / TILE));
  const rows = useVirtualizer({
    count: width ? Math.ceil(total / columns) : 0,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 2,
  });
  return { box, measured, columns, rows, shown: rows.getVirtualItems() };
}

/** The pages of tiles that the rows in sight are of. */
function pagesOf({ total, page }: Props["wall"], shown: { index: number }[], columns: number): number[] {
  if (!shown.length) return [];
  const from = Math.floor((shown[0]!.index * columns) / page);
  const last = Math.min(total, (shown.at(-1)!.index + 1) * columns) - 1;
  return Array.from({ length: Math.floor(last / page) - from + 1 }, (_, i) => from + i);
}

interface Hand extends Pick<Props, "wall" | "chosen" | "onChoose" | "onOpen"> {
  columns: number;
  tiles: Map<number, Tile>;
  box: RefObject<HTMLDivElement | null>;
  show: (index: number) => void;
}

/** The tile that the keys are at; tiles are chosen by a click, or with Shift from the one before. */
function useActive({ wall, columns, tiles, chosen, box, show, onChoose, onOpen }: Hand) {
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another wall is seen from its start
  useEffect(() => {
    setActive(0);
    box.current?.scrollTo({ top: 0 });
  }, [wall]);
  const choose = (index: number, range: boolean): void => {
    const tile = tiles.get(index);
    if (!tile) return;
    const [from, to] = range ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    const labels: number[] = [];
    for (let i = from; i <= to; i++) if (tiles.has(i)) labels.push(tiles.get(i)!.id);
    onChoose(labels, range || !chosen.has(tile.id));
    anchor.current = index;
    setActive(index);
  };
  const onKey = (event: KeyboardEvent): void => {
    const to = stepTo(event.key, active, columns, wall.total);
    if (to !== null) {
      setActive(to);
      show(to);
    } else if (event.key === " ") choose(active, event.shiftKey);
    else if (event.key === "Enter" && tiles.has(active)) onOpen(tiles.get(active)!);
    else return;
    event.preventDefault();
  };
  return { active, choose, onKey };
}

/** Where a key leads to; null for one that leads nowhere. */
function stepTo(key: string, active: number, columns: number, total: number): number | null {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: 3 * columns,
    PageUp: -3 * columns,
    Home: -total,
    End: total,
  };
  const step = steps[key];
  return step === undefined ? null : Math.max(0, Math.min(total - 1, active + step));
}

interface CellProps {
  index: number;
  total: number;
  tile: Tile | undefined;
  place: { top: number; left: number };
  color: Color;
  masks: boolean;
  active: boolean;
  chosen: boolean;
  onClick: (range: boolean) => void;
  onOpen: (tile: Tile) => void;
}

function Cell({ index, total, tile, place, color, masks, active, chosen, onClick, onOpen }: CellProps) {
  const shown = tile && `${decisions[tile.decision]} · ${percent(tile.presence)}`;
  const told = tile && shown && t.tile(tile.file_name, shown);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list holds the focus and names the active tile
    // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are the list's
    <div
      id={`tile-${index}`}
      className="tile"
      role="option"
      aria-label={told ?? t.loading}
      aria-selected={chosen}
      aria-posinset={index + 1}
      aria-setsize={total}
      data-active={active || undefined}
      data-masks={masks || undefined}
      style={place}
      title={told}
      onClick={(event) => onClick(event.shiftKey)}
      onDoubleClick={() => tile && onOpen(tile)}
    >
      <span className="tile-film">{tile && <Thumbnail tile={tile} color={color} />}</span>
      <span className="tile-note">{shown ?? "…"}</span>
    </div>
  );
}
