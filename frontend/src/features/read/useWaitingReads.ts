import { useQuery } from "@tanstack/react-query";
import { myAccount } from "../../api/account";
import * as outbox from "./session/outbox";

/** Outside the reading room too what waits is sent; how many reads the server has not got yet. */
export function useWaitingReads(): number {
  const me = useQuery(myAccount);
  const reader = me.data?.id;
  const query = useQuery({
    queryKey: ["waiting reads", reader],
    enabled: reader !== undefined,
    refetchInterval: 10_000,
    queryFn: async () => {
      await outbox.flush(reader!);
      return outbox.waiting(reader!).length;
    },
  });
  return query.data ?? 0;
}
