import { Button, Center, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { reading as t } from "../../texts/reading";

/** Nothing is left: all is read, or the audit is closed. */
export function Finished({ auditId, closed }: { auditId: string; closed: boolean | undefined }) {
  return (
    <Center h="100%">
      <Stack align="center">
        <Text fw={600}>{closed ? t.closed : t.allRead}</Text>
        <Button component={Link} to={`/audits/${auditId}`} variant="default">
          {t.toWorklist}
        </Button>
      </Stack>
    </Center>
  );
}
