/** What a row may hold. */
export type Field =
  | 'registerNo'
  | 'nameKo'
  | 'nameEn'
  | 'birthDate'
  | 'district'
  | 'neighbourhood'
  | 'residentSince'
  | 'children'
  | 'veteranNumber'
  | 'veteranCategory'
  | 'identity'

/** The heading we write, the others that we read, and whether a file can do without. */
export const COLUMNS: readonly {
  field: Field
  ko: string
  en: string
  also: readonly string[]
  required: boolean
}[] = [
  {
    field: 'registerNo',
    ko: '등록번호',
    en: 'register_no',
    also: ['관리번호', 'registernumber'],
    required: true,
  },
  {
    field: 'nameKo',
    ko: '이름',
    en: 'name_ko',
    also: ['성명', '한글이름', '한글성명', 'name'],
    required: true,
  },
  {
    field: 'nameEn',
    ko: '영문이름',
    en: 'name_en',
    also: ['영문성명', '영문명', '로마자이름'],
    required: true,
  },
  {
    field: 'birthDate',
    ko: '생년월일',
    en: 'birth_date',
    also: ['생일', 'dateofbirth', 'birthday'],
    required: true,
  },
  {
    field: 'district',
    ko: '군구',
    en: 'district',
    also: ['시군구', '군구코드', '시군구코드', 'districtcode', 'districtname'],
    required: true,
  },
  {
    field: 'neighbourhood',
    ko: '읍면동',
    en: 'neighbourhood',
    also: ['행정동', '읍면동코드', '행정동코드', 'neighborhood', 'neighbourhoodcode', 'neighborhoodcode'],
    required: true,
  },
  {
    field: 'residentSince',
    ko: '거주시작일',
    en: 'resident_since',
    also: ['전입일', '전입일자', '거주시작일자'],
    required: true,
  },
  { field: 'children', ko: '자녀수', en: 'children', also: ['자녀'], required: false },
  { field: 'veteranNumber', ko: '보훈번호', en: 'veteran_number', also: ['유공자번호'], required: false },
  { field: 'veteranCategory', ko: '보훈구분', en: 'veteran_category', also: ['유공자구분'], required: false },
  {
    // By what the sign-in provider knows the person: the only cell of a file that is kept as a MAC alone.
    field: 'identity',
    ko: '간편인증식별값',
    en: 'sign_in_id',
    also: ['식별값', '연계정보', '연계정보ci', 'ci', 'sub', 'signinidentifier'],
    required: false,
  },
]

/** Headings are compared without case, spaces and punctuation. */
const plain = (heading: string) =>
  heading
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\s_\-.·()/]/g, '')

const FIELD_OF = new Map(
  COLUMNS.flatMap(({ field, ko, en, also }) =>
    [ko, en, ...also].map((name) => [plain(name), field] as const),
  ),
)

export function fieldOf(heading: string): Field | undefined {
  return FIELD_OF.get(plain(heading))
}
