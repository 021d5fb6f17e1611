import { Badge, Table } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { findingName, share, verdictWord } from "../../components/words";
import { compare as t } from "../../texts/compare";
import { decisions } from "../../texts/pool";

interface Props {
  pairs: Schemas["PairOut"][];
  chosen: number | undefined;
  onChoose: (label: number) => void;
}

/** The pairs, least alike first. */
export function PairList({ pairs, chosen, onChoose }: Props) {
  return (
    <Table highlightOnHover verticalSpacing={3} fz="sm" stickyHeader>
      <Table.Thead>
        <Table.Tr>
          {[t.film, t.finding, t.source, t.decision, t.dice, t.verdict, t.publicLabel].map((word) => (
            <Table.Th key={word}>{word}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {pairs.map((pair) => (
          <Table.Tr
            key={pair.id}
            aria-current={pair.id === chosen || undefined}
            bg={pair.id === chosen ? "var(--raised)" : undefined}
            onClick={() => onChoose(pair.id)}
            style={{ cursor: "pointer" }}
          >
            <Table.Td>
              <button type="button" className="chip" style={{ padding: 0, display: "inline" }}>
                {pair.file_name}
              </button>
            </Table.Td>
            <Table.Td>{findingName(pair.finding)}</Table.Td>
            <Table.Td>{pair.source}</Table.Td>
            <Table.Td>{decisions[pair.decision]}</Table.Td>
            <Table.Td>{share(pair.dice, 2)}</Table.Td>
            <Table.Td>{pair.verdict ? verdictWord(pair.verdict) : "–"}</Table.Td>
            <Table.Td>
              {pair.public_wrong && (
                <Badge size="sm" variant="light" color="orange">
                  {t.standsWrong}
                </Badge>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
