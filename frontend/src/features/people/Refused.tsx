import { Problem } from "../../api/client";
import { Failed } from "../../components/States";
import { refusals } from "../../texts/people";

/** A refusal in the words of this page, which can mend it; any other as the server tells it. */
export function Refused({ error, name }: { error: Error; name: string }) {
  const type = error instanceof Problem ? error.type.replace("urn:overread:", "") : "";
  const says = Object.hasOwn(refusals, type) ? refusals[type as keyof typeof refusals](name) : undefined;
  return <Failed error={error} says={says} />;
}
