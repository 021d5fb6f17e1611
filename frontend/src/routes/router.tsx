import { Anchor, Center } from "@mantine/core";
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  notFound,
  Outlet,
} from "@tanstack/react-router";
import { Shell } from "../components/Shell";
import { Empty, Failed } from "../components/States";
import { type WallSearch, wallSearch } from "../features/pool/wall";
import { useWaitingReads } from "../features/read/useWaitingReads";
import { app as t } from "../texts/app";

function NoPage() {
  return (
    <Empty title={t.noPage}>
      <Anchor component={Link} to="/">
        {t.toIterations}
      </Anchor>
    </Empty>
  );
}

/** A page that broke, or a part of the app that could not be fetched (a new version came, the server is away). */
function Broken({ error }: { error: unknown }) {
  return (
    <Center mih="60vh" p="md">
      <Failed
        error={error instanceof Error ? error : new Error(String(error))}
        title={t.notShown}
        retry={() => location.reload()}
      />
    </Center>
  );
}

function Frame() {
  const waiting = useWaitingReads();
  return <Shell notice={waiting ? t.waiting(waiting) : null} />;
}

/** Rows are numbered: an address with a word in a number's place is no page. */
function numbered(id: string): void {
  if (!/^\d{1,15}$/.test(id)) throw notFound();
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NoPage, errorComponent: Broken });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { to?: string } =>
    typeof search.to === "string" && search.to.startsWith("/") && !search.to.startsWith("//") ? { to: search.to } : {},
  component: lazyRouteComponent(() => import("../features/people/SignIn"), "SignIn"),
});

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Frame });

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("../features/iterations/Projects"), "Projects"),
});

const iterations = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId",
  beforeLoad: ({ params }) => numbered(params.projectId),
  component: lazyRouteComponent(() => import("../features/iterations/Iterations"), "Iterations"),
});

const worklist = createRoute({
  getParentRoute: () => shell,
  path: "/audits/$auditId",
  beforeLoad: ({ params }) => numbered(params.auditId),
  component: lazyRouteComponent(() => import("../features/audits/Worklist"), "Worklist"),
});

const read = createRoute({
  getParentRoute: () => root,
  path: "/audits/$auditId/read",
  beforeLoad: ({ params }) => numbered(params.auditId),
  validateSearch: (search: Record<string, unknown>): { case?: number } =>
    Number.isInteger(search.case) ? { case: Number(search.case) } : {},
  component: lazyRouteComponent(() => import("../features/read/ReadPage"), "ReadPage"),
});

const disputes = createRoute({
  getParentRoute: () => shell,
  path: "/audits/$auditId/disputes",
  beforeLoad: ({ params }) => numbered(params.auditId),
  validateSearch: (search: Record<string, unknown>): { image?: number; finding?: string } => ({
    ...(Number.isInteger(search.image) ? { image: Number(search.image) } : {}),
    ...(typeof search.finding === "string" ? { finding: search.finding } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/adjudicate/Disputes"), "Disputes"),
});

const reading = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId/reading",
  beforeLoad: ({ params }) => numbered(params.projectId),
  validateSearch: (search: Record<string, unknown>): { reader?: number } =>
    Number.isInteger(search.reader) ? { reader: Number(search.reader) } : {},
  component: lazyRouteComponent(() => import("../features/trust/MyReading"), "MyReading"),
});

const compare = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/compare",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  validateSearch: (search: Record<string, unknown>): { finding?: string; label?: number } => ({
    ...(typeof search.finding === "string" ? { finding: search.finding } : {}),
    ...(Number.isInteger(search.label) ? { label: Number(search.label) } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/compare/Compare"), "Compare"),
});

const pool = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/pool",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  validateSearch: (search: Record<string, unknown>): WallSearch => wallSearch(search),
  component: lazyRouteComponent(() => import("../features/pool/Pool"), "Pool"),
});

const gate = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/gate",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  component: lazyRouteComponent(() => import("../features/gate/GatePage"), "GatePage"),
});

const bias = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId/bias",
  beforeLoad: ({ params }) => numbered(params.projectId),
  component: lazyRouteComponent(() => import("../features/gate/Bias"), "Bias"),
});

const story = createRoute({
  getParentRoute: () => shell,
  path: "/images/$imageId/story",
  beforeLoad: ({ params }) => numbered(params.imageId),
  component: lazyRouteComponent(() => import("../features/gate/Story"), "Story"),
});

export const router = createRouter({
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NoPage,
  routeTree: root.addChildren([
    signIn,
    shell.addChildren([home, iterations, worklist, disputes, reading, compare, pool, gate, bias, story]),
    read,
  ]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
