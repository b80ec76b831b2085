export const GOLDEN: string;
export const TWIN: string;
export function render(golden: object): string;
