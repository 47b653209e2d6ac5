/** The labs that tests run in: their own, so that hosts somebody works with are left alone. One for each file that runs at a time. */
const first = process.env.MYC_WF_FIRST_LAB || process.env.MYC_WF_LAB || 'test';
export const testLabs: readonly string[] = [first, `${first.slice(0, 15)}2`];
