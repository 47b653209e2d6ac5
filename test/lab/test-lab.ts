/** The lab that tests run in: their own, so that hosts somebody works with are left alone. */
export const testLab = process.env.MYC_WF_LAB || 'test';
