import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

interface Props {
  readonly text: string;
  readonly what: string;
}

/** Text for a machine, to read and to copy. */
export function Code({ text, what }: Props) {
  return (
    <div>
      <pre className="code" tabIndex={0} role="region" aria-label={what}>
        {text}
      </pre>
      <div className="to-the-end">
        <CopyToClipboard
          copyButtonText="Copy"
          copyButtonAriaLabel={`Copy ${what}`}
          copySuccessText="Copied"
          copyErrorText="The browser does not let this page copy; select the text instead."
          textToCopy={text}
        />
      </div>
    </div>
  );
}
