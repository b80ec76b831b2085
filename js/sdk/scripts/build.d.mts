export const sdk: string;
export const dist: string;
export function bundle(): Promise<void>;
