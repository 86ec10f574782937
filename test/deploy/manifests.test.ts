/** The files of deploy/ as far as they can be judged without a cluster or a container engine. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { METRICS } from '../../src/metrics/definitions.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy');
const read = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // What is asked of it below is checked by the assertions.
  readonly spec?: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly data?: Readonly<Record<string, string>>;
}

const manifests = (path: string): Manifest[] =>
  parseAllDocuments(read(path), { uniqueKeys: true }).map((document) => {
    assert.deepEqual(document.errors, [], path);
    return document.toJS() as Manifest;
  });

const FILES = ['config.yaml', 'api.yaml', 'worker.yaml'].map((file) => `kubernetes/${file}`);
const ALL = FILES.flatMap(manifests);
const find = (kind: string, name: string): Manifest => {
  const found = ALL.find((one) => one.kind === kind && one.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
};

test('The kustomization names each manifest beside it', () => {
  const { resources } = parse(read('kubernetes/kustomization.yaml')) as { resources: string[] };
  const there = readdirSync(join(DEPLOY, 'kubernetes')).filter((file) => file.endsWith('.yaml'));
  assert.deepEqual([...resources, 'kustomization.yaml'].toSorted(), there.toSorted());
});

test('Pods run as nobody, with nothing they do not need, and write to their volumes only', () => {
  for (const name of ['brigade-api', 'brigade-worker']) {
    const { spec } = find('Deployment', name).spec.template;
    assert.equal(spec.automountServiceAccountToken, false);
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.equal(spec.securityContext.runAsUser, 10_001, 'as in the Containerfile');
    assert.deepEqual(spec.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    for (const { securityContext, resources, volumeMounts } of spec.containers) {
      assert.equal(securityContext.readOnlyRootFilesystem, true);
      assert.equal(securityContext.allowPrivilegeEscalation, false);
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
      assert.ok(
        resources.requests.cpu && resources.limits.memory,
        'a limit of memory, none of CPU',
      );
      assert.deepEqual(
        volumeMounts.map((mount: { mountPath: string }) => mount.mountPath),
        ['/data', '/tmp'],
      );
    }
  }
});

test('Alive is asked of the process, ready of the database, both on the port that metrics are on', () => {
  for (const name of ['brigade-api', 'brigade-worker']) {
    const [container] = find('Deployment', name).spec.template.spec.containers;
    assert.equal(container.livenessProbe.httpGet.path, '/health/live');
    assert.equal(container.startupProbe.httpGet.path, '/health/live');
    assert.equal(container.readinessProbe.httpGet.path, '/health/ready');
    const named = container.ports.find((port: { name: string }) => port.name === 'metrics');
    const { data } = find('ConfigMap', 'brigade');
    assert.equal(String(named.containerPort), data?.['BRIGADE_METRICS_PORT']);
    for (const probe of ['livenessProbe', 'startupProbe', 'readinessProbe']) {
      assert.equal(container[probe].httpGet.port, 'metrics');
    }
  }
});

test('The time to leave is longer than the slowest request, and the autoscaler does not fight its Deployment', () => {
  const worker = find('Deployment', 'brigade-worker').spec;
  // The S3 client gives a silent store a minute (src/s3/client.ts).
  assert.ok(worker.template.spec.terminationGracePeriodSeconds > 60 + 30);
  assert.equal(worker.replicas, undefined);
  const { spec } = find('HorizontalPodAutoscaler', 'brigade-worker');
  assert.equal(spec.scaleTargetRef.name, 'brigade-worker');
  for (const { external } of spec.metrics) assert.ok(external.metric.name in METRICS);
  const adapter = parse(
    manifests('kubernetes/monitoring/adapter.yaml')[0]?.data?.['config.yaml'] ?? '',
  ) as { externalRules: { seriesQuery: string; name: { as: string } }[] };
  for (const { seriesQuery, name } of adapter.externalRules) {
    assert.ok(seriesQuery in METRICS);
    assert.equal(name.as, spec.metrics[0].external.metric.name);
  }
});

test('Selectors of Services, budgets and monitors find the pods that they mean', () => {
  const labels = (name: string): Record<string, string> =>
    find('Deployment', name).spec.template.metadata.labels;
  const finds = (selector: Record<string, string>, name: string): void => {
    for (const [key, value] of Object.entries(selector)) assert.equal(labels(name)[key], value);
  };
  for (const name of ['brigade-api', 'brigade-worker']) {
    finds(find('Deployment', name).spec.selector.matchLabels, name);
    finds(find('PodDisruptionBudget', name).spec.selector.matchLabels, name);
  }
  finds(find('Service', 'brigade').spec.selector, 'brigade-api');
  const [service, pod] = manifests('kubernetes/monitoring/monitors.yaml');
  finds(service?.spec.selector.matchLabels, 'brigade-api');
  finds(pod?.spec.selector.matchLabels, 'brigade-worker');
});

test('Every setting in deploy/ exists, and no secret is in a ConfigMap', () => {
  const config = ['config.ts', 'telemetry-config.ts'].map((file) =>
    readFileSync(join(ROOT, 'src/server', file), 'utf8'),
  );
  const isKnown = (name: string): boolean => config.some((text) => text.includes(`'${name}'`));
  const texts = [...FILES, 'compose.yaml', 'Containerfile', 'README.md'].map(read);
  const named = texts.flatMap((text) => text.match(/\bBRIGADE_[A-Z0-9_]+\b/g) ?? []);
  assert.ok(named.length > 20);
  for (const name of new Set(named)) assert.ok(isKnown(name), name);
  const { data = {} } = find('ConfigMap', 'brigade');
  for (const name of Object.keys(data)) assert.doesNotMatch(name, /SECRET|KEY|TOKEN|DATABASE_URL/);
});

test('compose.yaml starts the API after its database and buckets, read-only and without capabilities', () => {
  const { services, volumes, configs } = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
    volumes: object;
    configs: object;
  };
  for (const name of ['api', 'worker']) {
    const {
      read_only: isReadOnly,
      cap_drop: dropped,
      depends_on: after,
      environment,
    } = services[name];
    assert.equal(isReadOnly, true);
    assert.deepEqual(dropped, ['ALL']);
    assert.deepEqual(Object.keys(after), ['postgres', 'buckets']);
    assert.match(environment.BRIGADE_STAGING, /^s3:\/\//, 'workers share no disk');
  }
  for (const { volumes: mounts = [], configs: used = [], image } of Object.values(services)) {
    for (const mount of mounts) assert.ok((String(mount).split(':')[0] ?? '') in volumes);
    for (const { source } of used) assert.ok(source in configs);
    assert.match(image, /^localhost\/|:[\w.-]+$/, `${image} has a version`);
  }
});

test('The image is built in stages, ends as nobody, and has a check of health', () => {
  const lines = read('Containerfile').replaceAll('\\\n', ' ').split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const first = (word: string): string => last.find((line) => line.startsWith(`${word} `)) ?? '';
  assert.equal(first('USER'), 'USER 10001:10001');
  assert.match(last.join('\n'), /HEALTHCHECK[^]*\/health\/live/);
  assert.ok(
    !last.some((line) => line.startsWith('RUN')),
    'nothing is run as root in what is shipped',
  );
  assert.ok(!last.some((line) => /COPY (?!--from)/.test(line)), 'all that is shipped was built');
  assert.match(lines.join('\n'), /npm ci --omit=dev/);
});
