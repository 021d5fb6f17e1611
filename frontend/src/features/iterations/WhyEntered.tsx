import { Table, Text } from "@mantine/core";
import { findingName } from "../../components/words";
import { enteredBy, why as t } from "../../texts/why";
import { Panel } from "./Panel";
import { originOf, type Told } from "./why";

/** Targets of the training set, by finding and by whom they came from. */
export function WhyEntered({ told: { entered, thresholds, withheld, refresh, teaches } }: { told: Told }) {
  const how = refresh ? t.refresh : enteredBy[thresholds];
  const kept = withheld.length ? ` ${t.withheld(withheld.map(findingName).join(", "))}` : "";
  const taught = teaches === "contour" && !refresh ? ` ${t.contourAlone}` : "";
  return (
    <Panel title={t.entered} what={how + kept + taught} empty={null}>
      <Table fz="xs" verticalSpacing={3} w="auto">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.finding}</Table.Th>
            <Table.Th>{t.from}</Table.Th>
            <Table.Th ta="right">{t.withLesion}</Table.Th>
            <Table.Th ta="right">{t.without}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entered.map((one, place) => (
            <Table.Tr key={`${one.finding} ${originOf(one)}`}>
              <Table.Td>
                {entered[place - 1]?.finding !== one.finding && <Text fz="xs">{findingName(one.finding)}</Text>}
              </Table.Td>
              <Table.Td>{originOf(one)}</Table.Td>
              <Table.Td ta="right">{one.positives}</Table.Td>
              <Table.Td ta="right">{one.negatives}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
