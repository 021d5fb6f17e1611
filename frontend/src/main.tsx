import "./mantine.css";
import "./theme.css";
import { createTheme, MantineProvider, Table } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, useRouterState } from "@tanstack/react-router";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { myAccount } from "./api/account";
import { Problem } from "./api/client";
import { cache } from "./api/silence";
import { keepChoice } from "./editor/choice";
import { router } from "./routes/router";
import { useLanguage } from "./texts/language";

keepChoice(location.search); // before the router takes away what it does not know

const theme = createTheme({
  primaryColor: "teal",
  primaryShade: 9, // white on a lighter one is not read by everybody (WCAG 1.4.3)
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif",
  defaultRadius: "sm",
  components: {
    Table: Table.extend({ defaultProps: { borderColor: "var(--line)", highlightOnHoverColor: "var(--raised)" } }),
  },
});

const queries = new QueryClient({
  queryCache: cache,
  defaultOptions: {
    // The browser's word "offline" is about the internet; our server may well answer, and if not the page says so.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 2_000,
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
    },
  },
});

// Signed out, wherever it was noticed: sign in, then come back to the very page. The reading room asks in place.
queries.getQueryCache().subscribe(({ query }) => {
  const { error } = query.state;
  if (error instanceof Problem && error.status === 401 && !/^\/sign-in$|\/read$/.test(location.pathname)) {
    void router.navigate({ to: "/sign-in", search: { to: location.pathname + location.search } });
  }
});

// On the way to a film each request waits for the one before it; these two need not wait for a page that asks them.
if (location.pathname.endsWith("/read")) {
  import("./features/read/ReadPage").catch(() => undefined); // the router tells of it
  void queries.prefetchQuery(myAccount);
}

/** By day or by night as the system or the reader says; a film is always read in the dark. */
function App() {
  const reading = useRouterState({ router, select: ({ location }) => location.pathname.endsWith("/read") });
  const language = useLanguage();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" forceColorScheme={reading ? "dark" : undefined}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
