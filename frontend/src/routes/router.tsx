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
import { type CompareSearch, compareSearch, type FigureSearch, figureSearch } from "../features/compare/search";
import { type ImportSearch, importSearch } from "../features/import/search";
import { type WallSearch, wallSearch } from "../features/pool/wall";
import { useWaitingReads } from "../features/read/useWaitingReads";
import { type TrailSearch, trailSearch } from "../features/trail/search";
import { app as t } from "../texts/app";
import { useLanguage } from "../texts/language";

/** A page that is drawn anew in another language, and keeps what is on it: an unsent form stays as it was filled in. */
function spoken<M, K extends keyof M & string>(load: () => Promise<M>, name: K) {
  const Page = lazyRouteComponent(load as never, name as never) as ReturnType<typeof lazyRouteComponent>;
  const Spoken = () => {
    useLanguage();
    return <Page />;
  };
  return Object.assign(Spoken, { preload: Page.preload });
}

function NoPage() {
  useLanguage();
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
  useLanguage();
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
  component: spoken(() => import("../features/people/SignIn"), "SignIn"),
});

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Frame });

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: spoken(() => import("../features/iterations/Projects"), "Projects"),
});

const iterations = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId",
  beforeLoad: ({ params }) => numbered(params.projectId),
  component: spoken(() => import("../features/iterations/Iterations"), "Iterations"),
});

const dashboards = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId/dashboards",
  beforeLoad: ({ params }) => numbered(params.projectId),
  component: spoken(() => import("../features/iterations/Dashboards"), "Dashboards"),
});

const imports = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId/import",
  beforeLoad: ({ params }) => numbered(params.projectId),
  validateSearch: (search: Record<string, unknown>): ImportSearch => importSearch(search),
  component: spoken(() => import("../features/import/ImportPage"), "ImportPage"),
});

const worklist = createRoute({
  getParentRoute: () => shell,
  path: "/audits/$auditId",
  beforeLoad: ({ params }) => numbered(params.auditId),
  component: spoken(() => import("../features/audits/Worklist"), "Worklist"),
});

const read = createRoute({
  getParentRoute: () => root,
  path: "/audits/$auditId/read",
  beforeLoad: ({ params }) => numbered(params.auditId),
  validateSearch: (search: Record<string, unknown>): { case?: number } =>
    Number.isInteger(search.case) ? { case: Number(search.case) } : {},
  component: spoken(() => import("../features/read/ReadPage"), "ReadPage"),
});

const disputes = createRoute({
  getParentRoute: () => shell,
  path: "/audits/$auditId/disputes",
  beforeLoad: ({ params }) => numbered(params.auditId),
  validateSearch: (search: Record<string, unknown>): { image?: number; finding?: string } => ({
    ...(Number.isInteger(search.image) ? { image: Number(search.image) } : {}),
    ...(typeof search.finding === "string" ? { finding: search.finding } : {}),
  }),
  component: spoken(() => import("../features/adjudicate/Disputes"), "Disputes"),
});

const reading = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId/reading",
  beforeLoad: ({ params }) => numbered(params.projectId),
  validateSearch: (search: Record<string, unknown>): { reader?: number } =>
    Number.isInteger(search.reader) ? { reader: Number(search.reader) } : {},
  component: spoken(() => import("../features/trust/MyReading"), "MyReading"),
});

const compare = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/compare",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  validateSearch: (search: Record<string, unknown>): CompareSearch => compareSearch(search),
  component: spoken(() => import("../features/compare/Compare"), "Compare"),
});

const figure = createRoute({
  getParentRoute: () => shell,
  path: "/pseudo-labels/$labelId/figure",
  beforeLoad: ({ params }) => numbered(params.labelId),
  validateSearch: (search: Record<string, unknown>): FigureSearch => figureSearch(search),
  component: spoken(() => import("../features/compare/FigurePage"), "FigurePage"),
});

const pool = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/pool",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  validateSearch: (search: Record<string, unknown>): WallSearch => wallSearch(search),
  component: spoken(() => import("../features/pool/Pool"), "Pool"),
});

const gate = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/gate",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  component: spoken(() => import("../features/gate/GatePage"), "GatePage"),
});

const why = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/why",
  beforeLoad: ({ params }) => numbered(params.iterationId),
  component: spoken(() => import("../features/iterations/Why"), "Why"),
});

const bias = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId/bias",
  beforeLoad: ({ params }) => numbered(params.projectId),
  component: spoken(() => import("../features/gate/Bias"), "Bias"),
});

const story = createRoute({
  getParentRoute: () => shell,
  path: "/images/$imageId/story",
  beforeLoad: ({ params }) => numbered(params.imageId),
  component: spoken(() => import("../features/gate/Story"), "Story"),
});

const promise = createRoute({
  getParentRoute: () => shell,
  path: "/promise",
  component: spoken(() => import("../features/promise/PromisePage"), "PromisePage"),
});

const demo = createRoute({
  getParentRoute: () => shell,
  path: "/demo",
  component: spoken(() => import("../features/demo/DemoPage"), "DemoPage"),
});

const people = createRoute({
  getParentRoute: () => shell,
  path: "/people",
  component: spoken(() => import("../features/people/People"), "People"),
});

const trail = createRoute({
  getParentRoute: () => shell,
  path: "/trail",
  validateSearch: (search: Record<string, unknown>): TrailSearch => trailSearch(search),
  component: spoken(() => import("../features/trail/Trail"), "Trail"),
});

export const router = createRouter({
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NoPage,
  routeTree: root.addChildren([
    signIn,
    shell.addChildren([
      home,
      iterations,
      dashboards,
      imports,
      worklist,
      disputes,
      reading,
      compare,
      figure,
      pool,
      gate,
      why,
      bias,
      story,
      promise,
      demo,
      people,
      trail,
    ]),
    read,
  ]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
