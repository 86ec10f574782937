/** The frame of every page: who is signed in, where one can go, news, and the page itself. */
import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { FlashContext, type News } from './lib/flash.ts';
import { CallFailed, change, get, whenSignedOut } from './lib/http.ts';
import { letGo } from './lib/kept-draft.ts';
import { lazyPage } from './lib/lazy-page.ts';
import { follow, hrefOf, usePath } from './lib/router.ts';
import { SessionContext } from './lib/session.ts';
import { chooseTheme, isDark } from './lib/theme.ts';
import type { Principal } from './lib/types.ts';
import { JobsPage } from './pages/jobs.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Failure, Loading } from './parts/states.tsx';

const JobPage = lazyPage(() => import('./pages/job.tsx'), 'JobPage');
const RunPage = lazyPage(() => import('./pages/run.tsx'), 'RunPage');
const CreatePage = lazyPage(() => import('./create/create.tsx'), 'CreatePage');
const SystemPage = lazyPage(() => import('./pages/system.tsx'), 'SystemPage');

type Who = Principal | 'nobody' | 'expired' | CallFailed | undefined;

export function App() {
  const [who, setWho] = useState<Who>();
  useEffect(() => {
    whenSignedOut(() => setWho((before) => (isPrincipal(before) ? 'expired' : before)));
    get<Partial<Principal>>('session').then(
      ({ accessKeyId, account }) =>
        setWho(accessKeyId && account ? { accessKeyId, account } : 'nobody'),
      (error: unknown) => setWho(error instanceof CallFailed ? error : 'nobody'),
    );
  }, []);

  if (who === undefined) return <Loading what="the console" />;
  if (who instanceof CallFailed) {
    return <Failure error={who} what="The console" onRetry={() => location.reload()} />;
  }
  if (!isPrincipal(who)) return <SignIn isExpired={who === 'expired'} onSignedIn={setWho} />;
  return (
    <SessionContext value={who}>
      <Frame
        principal={who}
        onSignOut={() => {
          letGo();
          void change('DELETE', 'session').finally(() => setWho('nobody'));
        }}
      />
    </SessionContext>
  );
}

function isPrincipal(who: Who): who is Principal {
  return typeof who === 'object' && !(who instanceof CallFailed);
}

interface FrameProps {
  readonly principal: Principal;
  readonly onSignOut: () => void;
}

function Frame({ principal, onSignOut }: FrameProps) {
  const path = usePath();
  const [flashes, tell, drop] = useFlashes();
  const isNarrow = useMemo(() => matchMedia('(max-width: 912px)').matches, []);
  const [isOpen, setOpen] = useState(!isNarrow);
  const { page, crumbs, title } = pageOf(path);
  useEffect(() => {
    document.title = `${title} – Bucket Brigade`;
  }, [title]);
  useEffect(() => drop(), [path, drop]);
  // When a session ends, the sign-in page stands at the wizard's address, and nothing is left.
  useEffect(() => {
    if (path !== '/create') letGo();
  }, [path]);
  return (
    <FlashContext value={tell}>
      <div id="top">
        <Top principal={principal} onSignOut={onSignOut} />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationWidth={250}
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={
          <SideNavigation
            activeHref={hrefOf(path.startsWith('/system') ? '/system' : '/jobs')}
            header={{ href: hrefOf('/jobs'), text: 'Batch Operations' }}
            onFollow={follow}
            items={[
              { type: 'link', text: 'Jobs', href: hrefOf('/jobs') },
              { type: 'link', text: 'Create job', href: hrefOf('/create') },
              { type: 'divider' },
              { type: 'link', text: 'System', href: hrefOf('/system') },
            ]}
          />
        }
        breadcrumbs={<BreadcrumbGroup items={crumbs} onFollow={follow} />}
        notifications={<Flashbar items={flashes} stackItems />}
        content={<Suspense fallback={<Loading what="the page" />}>{page}</Suspense>}
      />
    </FlashContext>
  );
}

function Top({ principal, onSignOut }: FrameProps) {
  const [dark, setDark] = useState(isDark());
  return (
    <TopNavigation
      identity={{
        href: hrefOf('/jobs'),
        title: 'Bucket Brigade',
        logo: { src: '/console/favicon.svg', alt: 'A bucket' },
        onFollow: follow,
      }}
      utilities={[
        {
          type: 'button',
          text: dark ? 'Light mode' : 'Dark mode',
          ariaLabel: dark ? 'Switch to light mode' : 'Switch to dark mode',
          onClick: () => {
            chooseTheme(!dark);
            setDark(!dark);
          },
        },
        {
          type: 'menu-dropdown',
          iconName: 'user-profile',
          text: principal.accessKeyId,
          description: `Account ${principal.account}`,
          items: [{ id: 'out', text: 'Sign out' }],
          onItemClick: onSignOut,
        },
      ]}
    />
  );
}

let newsCount = 0;

function useFlashes(): [FlashbarProps.MessageDefinition[], (news: News) => void, () => void] {
  const [list, setList] = useState<(News & { readonly id: string; readonly path: string })[]>([]);
  const tell = useCallback((news: News) => {
    const id = String(++newsCount);
    setList((before) => [{ ...news, id, path: location.pathname }, ...before].slice(0, 5));
  }, []);
  // News of the page before would stand above another job.
  const drop = useCallback(
    () => setList((before) => before.filter(({ path }) => path === location.pathname)),
    [],
  );
  const items = list.map(({ id, type, header, content }) => ({
    id,
    type,
    header,
    content,
    dismissible: true,
    dismissLabel: 'Dismiss this message',
    onDismiss: () => setList((before) => before.filter((one) => one.id !== id)),
  }));
  return [items, tell, drop];
}

interface Place {
  readonly title: string;
  readonly page: ReactNode;
  readonly crumbs: { readonly text: string; readonly href: string }[];
}

function pageOf(path: string): Place {
  const home = { text: 'Batch Operations', href: hrefOf('/jobs') };
  const here = (title: string, page: ReactNode): Place => ({
    title,
    page,
    crumbs: [home, { text: title, href: hrefOf(path) }],
  });
  const [, first = '', id = '', sub = ''] = path.split('/');
  const job = { text: id, href: hrefOf(`/jobs/${id}`) };
  if (first === 'create') return here('Create job', <CreatePage />);
  if (first === 'system') return here('System', <SystemPage />);
  if (first === 'jobs' && sub === 'run') {
    const crumbs = [home, job, { text: 'Run job', href: hrefOf(path) }];
    return { title: 'Run job', page: <RunPage key={id} jobId={id} />, crumbs };
  }
  if (first === 'jobs' && id !== '') {
    return { title: `Job ${id}`, page: <JobPage key={id} jobId={id} />, crumbs: [home, job] };
  }
  return here('Jobs', <JobsPage />);
}
