/** Room for names at the left of a plot: as much as they need in one line, on a narrow screen two fifths of it. */
export function namesAside(width: number, most: number) {
  const marginLeft = Math.min(most, Math.round(0.4 * width));
  const lines = Math.ceil(most / marginLeft);
  return {
    marginLeft,
    /** Of the axis that names stand at: where they go on in another line. */
    axis: { label: null, tickSize: 0, lineWidth: marginLeft / LETTER - 2 },
    /** How high a row is. */
    row: Math.max(26, 10 + 15 * lines),
  };
}

const LETTER = 12; // the height of a plot's letters, px: what lines are measured by
