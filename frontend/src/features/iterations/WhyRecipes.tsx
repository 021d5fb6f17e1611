import { Code, Stack, Table, Text, Title } from "@mantine/core";
import { why as t } from "../../texts/why";
import { Panel } from "./Panel";
import type { Told } from "./why";

/** The settings in which the networks' recipes differ. */
export function WhyRecipes({ told: { recipes } }: { told: Told }) {
  return (
    <Panel title={t.recipes} empty={null}>
      {recipes.map(({ before, after, settings }) => (
        <Stack gap={4} key={`${before} ${after}`}>
          <Title order={3} size="h6">
            <Code>{before}</Code> → <Code>{after}</Code>
          </Title>
          {settings.length ? <Settings {...{ before, after, settings }} /> : <Text size="sm">{t.sameRecipe}</Text>}
        </Stack>
      ))}
    </Panel>
  );
}

function Settings({ before, after, settings }: Told["recipes"][number]) {
  return (
    <Table fz="xs" withRowBorders={false} verticalSpacing={2} w="auto">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t.setting}</Table.Th>
          <Table.Th>
            <Code>{before}</Code>
          </Table.Th>
          <Table.Th>
            <Code>{after}</Code>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {settings.map((setting) => (
          <Table.Tr key={setting.key}>
            {[setting.key, setting.before, setting.after].map((word, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: three columns, always the same
              <Table.Td key={column}>
                <Code>{word}</Code>
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
