import AreaChart from '@cloudscape-design/components/area-chart';
import * as format from '../lib/format.ts';
import { ratePoints } from '../lib/rates.ts';
import type { Sample } from '../lib/types.ts';

interface Props {
  readonly samples: readonly Sample[];
  readonly isOver: boolean;
}

const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** Tasks per second over time, the failed ones on top. */
export function RateChart({ samples, isOver }: Props) {
  const points = ratePoints(samples);
  const tasks = (value: number): string => `${format.rate(value)} tasks/s`;
  const highest = Math.max(1, ...points.map((point) => point.succeeded + point.failed));
  return (
    <AreaChart
      height={160}
      hideFilter
      xScaleType="time"
      xDomain={[points[0]?.at ?? new Date(0), points.at(-1)?.at ?? new Date(0)]}
      yDomain={[0, highest * 1.1]}
      yTitle="Tasks per second"
      ariaLabel="Tasks per second over time"
      i18nStrings={{
        xTickFormatter: (at) => clock.format(at),
        yTickFormatter: (value) => format.shortCount(value),
      }}
      series={[
        {
          type: 'area',
          title: 'Succeeded',
          data: points.map(({ at, succeeded }) => ({ x: at, y: succeeded })),
          valueFormatter: tasks,
          color: 'var(--brigade-good)',
        },
        {
          type: 'area',
          title: 'Failed',
          data: points.map(({ at, failed }) => ({ x: at, y: failed })),
          valueFormatter: tasks,
          color: 'var(--brigade-bad)',
        },
      ]}
      statusType={isOver || points.length > 1 ? 'finished' : 'loading'}
      empty="The chart begins when tasks run."
    />
  );
}
