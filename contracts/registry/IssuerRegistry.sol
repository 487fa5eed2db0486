// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IIssuerRegistry} from "../interfaces/IIssuerRegistry.sol";

/// @title Who may issue what, and since when
/// @notice See IIssuerRegistry.
contract IssuerRegistry is IIssuerRegistry, AccessManaged {
    uint64 private constant OPEN = type(uint64).max;

    struct Issuer {
        uint64 registeredAt;
        Period[] suspensions;
        bytes32[] keyHashes;
        mapping(bytes32 keyHash => Period) keys;
        bytes32[] types;
        mapping(bytes32 credentialType => Period[]) accreditations;
    }

    mapping(bytes32 issuer => Issuer) private _issuers;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IIssuerRegistry
    function registerIssuer(string calldata did) external restricted returns (bytes32 issuer) {
        if (bytes(did).length == 0) revert EmptyDid();
        issuer = keccak256(bytes(did));
        if (_issuers[issuer].registeredAt != 0) revert IssuerAlreadyRegistered(issuer);
        _issuers[issuer].registeredAt = _now();
        emit IssuerRegistered(issuer, did);
    }

    /// @inheritdoc IIssuerRegistry
    function suspendIssuer(bytes32 issuer) external restricted {
        Period[] storage suspensions = _registered(issuer).suspensions;
        if (_isOpen(suspensions)) revert IssuerAlreadySuspended(issuer);
        suspensions.push(Period(_now(), OPEN));
        emit IssuerSuspended(issuer, _now());
    }

    /// @inheritdoc IIssuerRegistry
    function reinstateIssuer(bytes32 issuer) external restricted {
        Period[] storage suspensions = _registered(issuer).suspensions;
        if (!_isOpen(suspensions)) revert IssuerNotSuspended(issuer);
        suspensions[suspensions.length - 1].until = _now();
        emit IssuerReinstated(issuer, _now());
    }

    /// @inheritdoc IIssuerRegistry
    function addKey(bytes32 issuer, bytes32 keyHash, uint64 from, uint64 until) external restricted {
        Issuer storage record = _registered(issuer);
        if (record.keys[keyHash].until != 0) revert KeyAlreadyAdded(issuer, keyHash);
        Period memory period = _period(from, until);
        record.keys[keyHash] = period;
        record.keyHashes.push(keyHash);
        emit KeyAdded(issuer, keyHash, period.from, period.until);
    }

    /// @inheritdoc IIssuerRegistry
    function endKey(bytes32 issuer, bytes32 keyHash, uint64 until) external restricted {
        Period storage period = _registered(issuer).keys[keyHash];
        if (period.until == 0) revert KeyNotAdded(issuer, keyHash);
        emit KeyEnded(issuer, keyHash, _end(period, until));
    }

    /// @inheritdoc IIssuerRegistry
    function accredit(bytes32 issuer, bytes32 credentialType, uint64 from, uint64 until) external restricted {
        Issuer storage record = _registered(issuer);
        Period[] storage periods = record.accreditations[credentialType];
        Period memory period = _period(from, until);
        if (periods.length == 0) {
            record.types.push(credentialType);
        } else if (periods[periods.length - 1].until > period.from) {
            revert AlreadyAccredited(issuer, credentialType);
        }
        periods.push(period);
        emit TypeAccredited(issuer, credentialType, period.from, period.until);
    }

    /// @inheritdoc IIssuerRegistry
    function endAccreditation(bytes32 issuer, bytes32 credentialType, uint64 until) external restricted {
        Period[] storage periods = _registered(issuer).accreditations[credentialType];
        if (periods.length == 0) revert NotAccredited(issuer, credentialType);
        emit AccreditationEnded(issuer, credentialType, _end(periods[periods.length - 1], until));
    }

    /// @inheritdoc IIssuerRegistry
    function wasAccredited(bytes32 issuer, bytes32 keyHash, bytes32 credentialType, uint64 time)
        external
        view
        returns (bool)
    {
        return standingOf(issuer, keyHash, credentialType, time) == Standing.Accredited;
    }

    /// @inheritdoc IIssuerRegistry
    function standingOf(bytes32 issuer, bytes32 keyHash, bytes32 credentialType, uint64 time)
        public
        view
        returns (Standing)
    {
        Issuer storage record = _issuers[issuer];
        if (record.registeredAt == 0 || time < record.registeredAt) return Standing.UnknownIssuer;
        if (_covered(record.suspensions, time)) return Standing.Suspended;
        Period storage key = record.keys[keyHash];
        if (time < key.from || time >= key.until) return Standing.KeyNotValid;
        if (!_covered(record.accreditations[credentialType], time)) return Standing.TypeNotAccredited;
        return Standing.Accredited;
    }

    /// @inheritdoc IIssuerRegistry
    function registeredAt(bytes32 issuer) external view returns (uint64) {
        return _issuers[issuer].registeredAt;
    }

    /// @inheritdoc IIssuerRegistry
    function suspensionsOf(bytes32 issuer) external view returns (Period[] memory) {
        return _issuers[issuer].suspensions;
    }

    /// @inheritdoc IIssuerRegistry
    function keysOf(bytes32 issuer) external view returns (bytes32[] memory keyHashes, Period[] memory periods) {
        Issuer storage record = _issuers[issuer];
        keyHashes = record.keyHashes;
        periods = new Period[](keyHashes.length);
        for (uint256 i = 0; i < keyHashes.length; ++i) {
            periods[i] = record.keys[keyHashes[i]];
        }
    }

    /// @inheritdoc IIssuerRegistry
    function typesOf(bytes32 issuer) external view returns (bytes32[] memory) {
        return _issuers[issuer].types;
    }

    /// @inheritdoc IIssuerRegistry
    function accreditationsOf(bytes32 issuer, bytes32 credentialType) external view returns (Period[] memory) {
        return _issuers[issuer].accreditations[credentialType];
    }

    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }

    function _registered(bytes32 issuer) private view returns (Issuer storage record) {
        record = _issuers[issuer];
        if (record.registeredAt == 0) revert IssuerNotRegistered(issuer);
    }

    /// @dev Fills in "now" and the open end, and refuses what would reach into the past.
    function _period(uint64 from, uint64 until) private view returns (Period memory) {
        if (from == 0) from = _now();
        if (until == 0) until = OPEN;
        if (from < _now()) revert TimeInPast(from, _now());
        if (until <= from) revert EmptyPeriod(from, until);
        return Period(from, until);
    }

    /// @dev Brings the end of a period forward. One that has ended stays ended, so an end is never taken back.
    function _end(Period storage period, uint64 until) private returns (uint64) {
        if (until == 0) until = _now();
        if (until < _now()) revert TimeInPast(until, _now());
        if (until >= period.until) revert EndNotEarlier(until, period.until);
        period.until = until;
        return until;
    }

    function _isOpen(Period[] storage periods) private view returns (bool) {
        return periods.length != 0 && periods[periods.length - 1].until == OPEN;
    }

    /// @dev Newest first: most questions are about a time not long ago.
    function _covered(Period[] storage periods, uint64 time) private view returns (bool) {
        for (uint256 i = periods.length; i != 0; --i) {
            Period storage period = periods[i - 1];
            if (time >= period.from && time < period.until) return true;
        }
        return false;
    }
}
