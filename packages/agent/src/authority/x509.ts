// @peculiar/x509 needs this polyfill to be there before it.
import 'reflect-metadata'

export * from '@peculiar/x509'
