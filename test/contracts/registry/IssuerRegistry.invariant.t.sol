// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IssuerRegistry} from "../../../contracts/registry/IssuerRegistry.sol";
import {CityTest} from "../CityTest.sol";
import {Test} from "../Test.sol";

/// @notice Acts as a registrar who tries everything with any times, and notes what the past looked like.
contract RegistrarHandler is Test {
    struct Observation {
        bytes32 issuer;
        bytes32 key;
        bytes32 credentialType;
        uint64 time;
        uint8 standing;
    }

    IssuerRegistry private immutable REGISTRY;
    address private immutable REGISTRAR;
    Observation[] private _observations;

    constructor(IssuerRegistry registry, address registrar) {
        (REGISTRY, REGISTRAR) = (registry, registrar);
    }

    modifier acting(uint16 seconds_, uint256 look) {
        vm.warp(block.timestamp + seconds_);
        vm.prank(REGISTRAR);
        _;
        observe(look);
    }

    function register(uint8 who, uint16 seconds_, uint256 look) external acting(seconds_, look) {
        try REGISTRY.registerIssuer(did(who)) {} catch {}
    }

    function addKey(uint8 who, uint8 key, int16 from, int16 until, uint16 seconds_, uint256 look)
        external
        acting(seconds_, look)
    {
        try REGISTRY.addKey(issuer(who), name(key), near(from), near(until)) {} catch {}
    }

    function endKey(uint8 who, uint8 key, int16 until, uint16 seconds_, uint256 look)
        external
        acting(seconds_, look)
    {
        try REGISTRY.endKey(issuer(who), name(key), near(until)) {} catch {}
    }

    function accredit(uint8 who, uint8 what, int16 from, int16 until, uint16 seconds_, uint256 look)
        external
        acting(seconds_, look)
    {
        try REGISTRY.accredit(issuer(who), name(what), near(from), near(until)) {} catch {}
    }

    function endAccreditation(uint8 who, uint8 what, int16 until, uint16 seconds_, uint256 look)
        external
        acting(seconds_, look)
    {
        try REGISTRY.endAccreditation(issuer(who), name(what), near(until)) {} catch {}
    }

    function suspend(uint8 who, uint16 seconds_, uint256 look) external acting(seconds_, look) {
        try REGISTRY.suspendIssuer(issuer(who)) {} catch {}
    }

    function reinstate(uint8 who, uint16 seconds_, uint256 look) external acting(seconds_, look) {
        try REGISTRY.reinstateIssuer(issuer(who)) {} catch {}
    }

    function observations() external view returns (Observation[] memory) {
        return _observations;
    }

    /// @dev Asks about a moment of the last two days; the answer must never be another one.
    function observe(uint256 look) private {
        uint64 time = uint64(block.timestamp - 1 - (look >> 32) % 2 days);
        (bytes32 who, bytes32 key, bytes32 what) = (issuer(uint8(look)), name(uint8(look >> 8)), name(uint8(look >> 16)));
        uint8 standing = uint8(REGISTRY.standingOf(who, key, what, time));
        _observations.push(Observation(who, key, what, time, standing));
    }

    /// @dev Around now, and 0 ("now" or open) often enough.
    function near(int16 offset) private view returns (uint64) {
        return offset % 4 == 0 ? 0 : uint64(uint256(int256(block.timestamp) + offset));
    }

    function did(uint8 who) private pure returns (string memory) {
        return who % 2 == 0 ? "did:example:a" : "did:example:b";
    }

    function issuer(uint8 who) private pure returns (bytes32) {
        return keccak256(bytes(did(who)));
    }

    function name(uint8 seed) private pure returns (bytes32) {
        return keccak256(abi.encode(seed % 2));
    }
}

contract IssuerRegistryInvariants is CityTest {
    RegistrarHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new RegistrarHandler(registry, registrar);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_AccreditationInThePastNeverChanges() public view {
        RegistrarHandler.Observation[] memory seen = handler.observations();
        for (uint256 i = 0; i < seen.length; ++i) {
            RegistrarHandler.Observation memory o = seen[i];
            vm.assertEq(uint8(registry.standingOf(o.issuer, o.key, o.credentialType, o.time)), o.standing);
        }
    }
}
