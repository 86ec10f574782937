/**
 * What the rules want to know of one TypeScript file, read from its syntax tree: words in strings
 * and comments are never mistaken for code.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { HOUSE_FOLDERS } from './plan.ts';
import { roomOf, type Repo } from './repo.ts';

export interface Import {
  readonly line: number;
  readonly specifier: string;
  /** The file of this repository, or undefined for a package. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
  /** Names as the target exports them; 'all' for a namespace or a dynamic import. */
  readonly names: readonly string[] | 'all';
}

export interface Export {
  readonly line: number;
  readonly name: string;
  readonly isType: boolean;
  /** Passed on from another file. */
  readonly isReexport: boolean;
}

export interface Source {
  readonly path: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

const parsed = new WeakMap<Repo, ReadonlyMap<string, Source>>();

/** Every .ts, .tsx and .js file, parsed once per repository. */
export function sourcesOf(repo: Repo): ReadonlyMap<string, Source> {
  const known = parsed.get(repo);
  if (known !== undefined) return known;
  const sources = new Map<string, Source>();
  for (const [path, text] of repo) {
    if (/\.(tsx?|js)$/.test(path)) sources.set(path, parse(path, text));
  }
  parsed.set(repo, sources);
  return sources;
}

/** The files that the house rules read. */
export function houseSources(repo: Repo): readonly Source[] {
  const isHouse = (path: string): boolean =>
    HOUSE_FOLDERS.includes(path.split('/')[0] ?? '') && path.includes('/');
  return [...sourcesOf(repo).values()].filter((source) => isHouse(source.path));
}

/** As `houseSources`, inside src only. */
export function srcSources(repo: Repo): readonly (Source & { readonly room: string })[] {
  return houseSources(repo)
    .filter((source) => source.path.startsWith('src/'))
    .map((source) => ({ ...source, room: roomOf(source.path) }));
}

export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function parse(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = importOf(node);
    if (found === undefined) return;
    const { specifier } = found;
    const target = specifier.startsWith('.')
      ? posix.normalize(posix.join(posix.dirname(path), specifier))
      : undefined;
    imports.push({ ...found, line: lineOf(tree, node), target });
  });
  return { path, tree, imports, exports: tree.statements.flatMap((s) => exportsOf(tree, s)) };
}

type ImportFound = Omit<Import, 'line' | 'target'>;

function importOf(node: ts.Node): ImportFound | undefined {
  if (ts.isImportDeclaration(node)) return staticImport(node);
  if (ts.isExportDeclaration(node)) return reexport(node);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const specifier = textOf(node.argument.literal);
    const name = node.qualifier?.getText().split('.')[0];
    return specifier === undefined
      ? undefined
      : { specifier, typeOnly: true, names: name === undefined ? 'all' : [name] };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const specifier = textOf(node.arguments[0]);
    // An import of a computed path cannot be followed; the floors rule refuses it by this mark.
    return { specifier: specifier ?? '<computed>', typeOnly: false, names: 'all' };
  }
  return urlImport(node);
}

function staticImport(node: ts.ImportDeclaration): ImportFound | undefined {
  const specifier = textOf(node.moduleSpecifier);
  if (specifier === undefined) return undefined;
  const clause = node.importClause;
  const bindings = clause?.namedBindings;
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
    return { specifier, typeOnly: clause?.isTypeOnly === true, names: 'all' };
  }
  const elements = bindings === undefined ? [] : [...bindings.elements];
  const names = elements.map((element) => (element.propertyName ?? element.name).text);
  if (clause?.name !== undefined) names.push('default');
  const everyIsType =
    clause?.name === undefined && elements.length > 0 && elements.every((e) => e.isTypeOnly);
  return { specifier, typeOnly: clause?.isTypeOnly === true || everyIsType, names };
}

function reexport(node: ts.ExportDeclaration): ImportFound | undefined {
  const specifier = textOf(node.moduleSpecifier);
  if (specifier === undefined) return undefined;
  const clause = node.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) {
    return { specifier, typeOnly: node.isTypeOnly, names: 'all' };
  }
  const names = clause.elements.map((element) => (element.propertyName ?? element.name).text);
  const typeOnly = node.isTypeOnly || clause.elements.every((element) => element.isTypeOnly);
  return { specifier, typeOnly, names };
}

/** `new URL('./worker.ts', import.meta.url)`: how a worker or a child program is named. */
function urlImport(node: ts.Node): ImportFound | undefined {
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'URL') return undefined;
  const [first, second] = node.arguments ?? [];
  const specifier = textOf(first);
  const isSource = specifier !== undefined && /\.(ts|js)$/.test(specifier);
  if (!isSource || second?.getText() !== 'import.meta.url') return undefined;
  return { specifier, typeOnly: false, names: 'all' };
}

export function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function exportsOf(tree: ts.SourceFile, statement: ts.Statement): readonly Export[] {
  const line = lineOf(tree, statement);
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    if (clause === undefined || !ts.isNamedExports(clause)) return [];
    return clause.elements.map((element) => ({
      line: lineOf(tree, element),
      name: element.name.text,
      isType: statement.isTypeOnly || element.isTypeOnly,
      isReexport: statement.moduleSpecifier !== undefined,
    }));
  }
  if (ts.isExportAssignment(statement)) {
    return [{ line, name: 'default', isType: false, isReexport: false }];
  }
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)) return [];
  const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
  const isDefault = modifiers.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword);
  const names = isDefault ? ['default'] : declaredNames(statement);
  return names.map((name) => ({ line, name, isType, isReexport: false }));
}

function declaredNames(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((d) => boundNames(d.name));
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

function boundNames(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((e) => (ts.isBindingElement(e) ? boundNames(e.name) : []));
}
