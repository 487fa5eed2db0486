export { BarChart, type BarChartProps } from './bar-chart.tsx'
export { Button, type ButtonProps, type ButtonVariant, buttonClass } from './button.tsx'
export { Dialog, type DialogProps } from './dialog.tsx'
export {
  EmptyState,
  Notice,
  type NoticeProps,
  Progress,
  type ProgressProps,
  Spinner,
  StatusBadge,
  type Tone,
} from './feedback.tsx'
export {
  Checkbox,
  type CheckboxProps,
  RadioGroup,
  type RadioGroupProps,
  Select,
  type SelectProps,
  TextArea,
  type TextAreaProps,
  TextField,
  type TextFieldProps,
} from './field.tsx'
export { createI18n, type I18n } from './i18n.ts'
export { currentLanguage, type Language, type Localized, setLanguage, useLanguage } from './language.ts'
export { LanguageSwitch } from './language-switch.tsx'
export { AppShell, type AppShellProps, Page, type PageProps } from './page.tsx'
export { QrCode, type QrCodeProps } from './qr-code.tsx'
export { type Column, Table, type TableProps } from './table.tsx'
export { Tabs, type TabsProps } from './tabs.tsx'
