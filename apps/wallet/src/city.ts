import city from '../../../city/city.json' with { type: 'json' }

/** The city's name, from its configuration. */
export const CITY = city.name

/** What the city calls its wallet. */
export const WALLET = { ko: '인천패스', en: 'Incheon Pass' }
