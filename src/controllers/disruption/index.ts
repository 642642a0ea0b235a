export { type BudgetAction, budgetCovers, planBudget } from './plan.ts'
