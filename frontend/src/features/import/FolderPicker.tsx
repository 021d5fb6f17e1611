import { Button, Group, Text, UnstyledButton } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, need } from "../../api/client";
import { Failed } from "../../components/States";
import { importing as t } from "../../texts/import";

interface Props {
  path: string;
  choose: (path: string) => void;
}

/** A folder below the server's import folder: the one that one stands in is the one that is chosen. */
export function FolderPicker({ path, choose }: Props) {
  const query = useQuery({
    queryKey: ["import-folders", path],
    queryFn: () => need(api.GET("/api/v1/import-folders", { params: { query: { path } } })),
    placeholderData: keepPreviousData,
  });
  const parts = path ? path.split("/") : [];
  return (
    <fieldset className="plain">
      <Text component="legend" size="xs" fw={600} mb={4}>
        {t.folder}
      </Text>
      <Group gap={6} mb={4} align="center">
        <Text size="sm" className="path" role="status">
          {path ? parts.join(" / ") : t.root}
        </Text>
        {path && (
          <Button size="compact-xs" variant="default" onClick={() => choose(parts.slice(0, -1).join("/"))}>
            {t.up}
          </Button>
        )}
      </Group>
      {query.error && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <ul className="folders" aria-label={t.inside(path || t.root)} tabIndex={query.data.folders.length ? 0 : -1}>
          {query.data.folders.map((name) => (
            <li key={name}>
              <UnstyledButton onClick={() => choose(path ? `${path}/${name}` : name)}>{name}</UnstyledButton>
            </li>
          ))}
          {query.data.folders.length === 0 && <li className="quiet">{t.noFolders}</li>}
          {query.data.more && <li className="quiet">{t.moreFolders}</li>}
        </ul>
      )}
    </fieldset>
  );
}
