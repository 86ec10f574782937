import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import { OPERATIONS } from '../lib/aws-operations.ts';
import { BUILT_INS } from '../lib/built-ins.ts';
import { formOf } from '../lib/operations.ts';
import { isShown } from '../lib/fields.ts';
import { FieldControl } from './field-control.tsx';
import type { StepProps } from './step-props.ts';

const itemsOf = (forms: typeof OPERATIONS) =>
  forms.map(({ id, title, says }) => ({ value: id, label: title, description: says }));

export function OperationStep({ draft, set }: StepProps) {
  const choose = (operation: string): void => set({ operation, values: {} });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Operation</Header>}>
        <Tiles
          columns={2}
          value={draft.operation}
          ariaLabel="Operation"
          items={itemsOf(OPERATIONS)}
          onChange={({ detail }) => choose(detail.value)}
        />
      </Container>
      <Container
        header={
          <Header
            variant="h2"
            description="What the menu of AWS lacks. For AWS's clients they are functions of LambdaInvoke."
          >
            Built-in functions
          </Header>
        }
      >
        <Tiles
          columns={2}
          value={draft.operation}
          ariaLabel="Built-in function"
          items={itemsOf(BUILT_INS)}
          onChange={({ detail }) => choose(detail.value)}
        />
      </Container>
      <ParametersForm draft={draft} set={set} />
    </SpaceBetween>
  );
}

function ParametersForm({ draft, set }: StepProps) {
  const form = formOf(draft.operation);
  if (!form) return null;
  const { fields, title, says, warning } = form;
  const shown = fields.filter((field) => isShown(field, draft.values));
  const [plain, advanced] = [
    shown.filter((one) => !one.isAdvanced),
    shown.filter((one) => one.isAdvanced),
  ];
  const controls = (list: typeof shown) => (
    <SpaceBetween size="m">
      {list.map((field) => (
        <FieldControl
          key={field.path}
          field={field}
          value={draft.values[field.path]}
          onChange={(value) => set({ values: { ...draft.values, [field.path]: value } })}
        />
      ))}
    </SpaceBetween>
  );
  return (
    <Container
      header={
        <Header variant="h2" description={says}>
          {title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {warning && <Alert type="warning">{warning}</Alert>}
        {fields.length === 0 && <Box color="text-body-secondary">It takes no parameters.</Box>}
        {controls(plain)}
        {advanced.length > 0 && (
          <ExpandableSection headerText="More parameters">{controls(advanced)}</ExpandableSection>
        )}
      </SpaceBetween>
    </Container>
  );
}
