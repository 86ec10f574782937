/** Light or dark: as the system says, until somebody chooses. The choice is no secret and stays in the browser. */
import { applyMode, Mode } from '@cloudscape-design/global-styles';

const NAME = 'brigade-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  const chosen = localStorage.getItem(NAME);
  return chosen === null ? system.matches : chosen === 'dark';
}

export function applyTheme(): void {
  applyMode(isDark() ? Mode.Dark : Mode.Light);
}

export function chooseTheme(dark: boolean): void {
  localStorage.setItem(NAME, dark ? 'dark' : 'light');
  applyTheme();
}

system.addEventListener('change', applyTheme);
