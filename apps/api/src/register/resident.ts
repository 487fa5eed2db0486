/** A person as the register has one; `Resident` in schema.prisma says what each field holds. */
export type Resident = {
  id: string
  registerNo: string
  nameKo: string
  nameEn: string
  birthDate: string
  districtCode: string
  neighbourhoodCode: string
  residentSince: string
  attributes: Record<string, unknown>
}
