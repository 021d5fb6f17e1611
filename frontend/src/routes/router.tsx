import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { Shell } from "../components/Shell";

const root = createRootRoute({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { to?: string } =>
    typeof search.to === "string" && search.to.startsWith("/") && !search.to.startsWith("//") ? { to: search.to } : {},
  component: lazyRouteComponent(() => import("../features/people/SignIn"), "SignIn"),
});

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("../features/iterations/Projects"), "Projects"),
});

const iterations = createRoute({
  getParentRoute: () => shell,
  path: "/projects/$projectId",
  component: lazyRouteComponent(() => import("../features/iterations/Iterations"), "Iterations"),
});

const worklist = createRoute({
  getParentRoute: () => shell,
  path: "/audits/$auditId",
  component: lazyRouteComponent(() => import("../features/audits/Worklist"), "Worklist"),
});

const read = createRoute({
  getParentRoute: () => root,
  path: "/audits/$auditId/read",
  validateSearch: (search: Record<string, unknown>): { case?: number } =>
    Number.isInteger(search.case) ? { case: Number(search.case) } : {},
  component: lazyRouteComponent(() => import("../features/read/ReadPage"), "ReadPage"),
});

const compare = createRoute({
  getParentRoute: () => shell,
  path: "/iterations/$iterationId/compare",
  validateSearch: (search: Record<string, unknown>): { finding?: string; label?: number } => ({
    ...(typeof search.finding === "string" ? { finding: search.finding } : {}),
    ...(Number.isInteger(search.label) ? { label: Number(search.label) } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/compare/Compare"), "Compare"),
});

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren([home, iterations, worklist, compare]), read]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
