/** When jobs were created: the last days, or days of the calendar. */
import DateRangePicker, {
  type DateRangePickerProps,
} from '@cloudscape-design/components/date-range-picker';
import { type Created, createdOf, textOf, type Unit } from '../lib/created.ts';

interface Props {
  /** As it stands in the address. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const LAST = (
  [
    [1, 'day'],
    [7, 'day'],
    [30, 'day'],
    [90, 'day'],
  ] as const
).map(([amount, unit]) => ({
  key: `${amount}-${unit}`,
  amount,
  unit,
  type: 'relative' as const,
}));

export function CreatedFilter({ value, onChange }: Props) {
  const created = createdOf(value);
  return (
    <DateRangePicker
      dateOnly
      value={created === undefined ? null : shownOf(created)}
      relativeOptions={LAST}
      placeholder="Created at any time"
      expandToViewport
      isValidRange={validRange}
      onChange={({ detail }) => onChange(textOf(chosenOf(detail.value)))}
      i18nStrings={{ ariaLabel: 'Filter by date created' }}
    />
  );
}

function shownOf(created: Created) {
  return created.kind === 'last'
    ? { type: 'relative' as const, amount: created.amount, unit: created.unit }
    : { type: 'absolute' as const, startDate: created.first, endDate: created.last };
}

function chosenOf(value: DateRangePickerProps.Value | null): Created | undefined {
  if (value === null) return undefined;
  if (value.type === 'absolute') {
    return { kind: 'days', first: value.startDate, last: value.endDate };
  }
  // With dates alone it offers no smaller units.
  return { kind: 'last', amount: value.amount, unit: value.unit as Unit };
}

function validRange(
  value: DateRangePickerProps.Value | null,
): DateRangePickerProps.ValidationResult {
  const refused = (errorMessage: string) => ({ valid: false as const, errorMessage });
  if (value === null) return refused('Choose how far back, or a first and a last day.');
  if (createdOf(textOf(chosenOf(value))) !== undefined) return { valid: true };
  return value.type === 'absolute'
    ? refused('Choose a first day, and a last day that is not before it.')
    : refused('Choose a whole number above zero.');
}
