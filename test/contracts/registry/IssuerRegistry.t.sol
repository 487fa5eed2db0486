// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IIssuerRegistry} from "../../../contracts/interfaces/IIssuerRegistry.sol";
import {CityTest} from "../CityTest.sol";

contract IssuerRegistryTest is CityTest {
    string private constant DID = "did:ethr:0x205a:0x1111111111111111111111111111111111111111";
    bytes32 private constant ISSUER = keccak256(bytes(DID));
    bytes32 private constant KEY = keccak256("key");
    bytes32 private constant RESIDENT = keccak256("resident");
    uint64 private constant OPEN = type(uint64).max;
    uint64 private constant START = 1_800_000_000;

    function setUp() public override {
        super.setUp();
        // Every call below comes from the registrar; who else may call is the matter of Roles.t.sol.
        vm.startPrank(registrar);
    }

    function accredited() private {
        registry.registerIssuer(DID);
        registry.addKey(ISSUER, KEY, 0, 0);
        registry.accredit(ISSUER, RESIDENT, 0, 0);
    }

    function was(uint64 time) private view returns (bool) {
        return registry.wasAccredited(ISSUER, KEY, RESIDENT, time);
    }

    function assertStanding(uint64 time, IIssuerRegistry.Standing expected) private view {
        vm.assertEq(uint8(registry.standingOf(ISSUER, KEY, RESIDENT, time)), uint8(expected));
    }

    function test_CountsFromTheMomentOfAccreditationOn() public {
        accredited();
        vm.assertFalse(was(START - 1));
        vm.assertTrue(was(START));
        vm.assertTrue(was(START + 3650 days));
    }

    function test_NamesTheFirstThingThatIsMissing() public {
        assertStanding(START, IIssuerRegistry.Standing.UnknownIssuer);
        registry.registerIssuer(DID);
        assertStanding(START - 1, IIssuerRegistry.Standing.UnknownIssuer);
        assertStanding(START, IIssuerRegistry.Standing.KeyNotValid);
        registry.addKey(ISSUER, KEY, 0, 0);
        assertStanding(START, IIssuerRegistry.Standing.TypeNotAccredited);
        registry.accredit(ISSUER, RESIDENT, 0, 0);
        assertStanding(START, IIssuerRegistry.Standing.Accredited);
        registry.suspendIssuer(ISSUER);
        assertStanding(START, IIssuerRegistry.Standing.Suspended);
    }

    function test_WhatWasSignedBeforeARotationStaysValid() public {
        accredited();
        bytes32 next = keccak256("next key");
        vm.warp(START + 100);
        registry.addKey(ISSUER, next, 0, 0);
        registry.endKey(ISSUER, KEY, START + 110);
        vm.assertTrue(was(START + 109));
        vm.assertFalse(was(START + 110));
        vm.assertFalse(registry.wasAccredited(ISSUER, next, RESIDENT, START + 99));
        vm.assertTrue(registry.wasAccredited(ISSUER, next, RESIDENT, START + 100));
    }

    function test_ALeakedKeyCannotBackdateOrComeBack() public {
        accredited();
        vm.warp(START + 50);
        registry.endKey(ISSUER, KEY, 0);
        vm.assertFalse(was(START + 50));
        vm.assertTrue(was(START + 49));
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.KeyAlreadyAdded.selector, ISSUER, KEY));
        registry.addKey(ISSUER, KEY, 0, 0);
        vm.warp(START + 60);
        vm.expectRevert(
            abi.encodeWithSelector(IIssuerRegistry.EndNotEarlier.selector, START + 1000, START + 50)
        );
        registry.endKey(ISSUER, KEY, START + 1000);
    }

    function testFuzz_NothingMayBeginOrEndInThePast(uint64 past, uint64 age) public {
        accredited();
        uint64 current = uint64(bound(age, START + 1, START + 36500 days));
        past = uint64(bound(past, 1, current - 1));
        vm.warp(current);
        bytes memory refusal = abi.encodeWithSelector(IIssuerRegistry.TimeInPast.selector, past, current);
        vm.expectRevert(refusal);
        registry.addKey(ISSUER, keccak256("other key"), past, 0);
        vm.expectRevert(refusal);
        registry.accredit(ISSUER, keccak256("other type"), past, 0);
        vm.expectRevert(refusal);
        registry.endKey(ISSUER, KEY, past);
        vm.expectRevert(refusal);
        registry.endAccreditation(ISSUER, RESIDENT, past);
    }

    function testFuzz_APeriodHoldsFromItsFirstSecondToBeforeItsLast(uint64 from, uint64 length, uint64 time) public {
        from = uint64(bound(from, START, START + 36500 days));
        uint64 until = from + uint64(bound(length, 1, 36500 days));
        registry.registerIssuer(DID);
        registry.addKey(ISSUER, KEY, from, until);
        registry.accredit(ISSUER, RESIDENT, 0, 0);
        vm.assertEq(was(time) ? 1 : 0, time >= from && time < until ? 1 : 0);
        vm.assertFalse(was(from - 1));
        vm.assertTrue(was(from));
        vm.assertTrue(was(until - 1));
        vm.assertFalse(was(until));
    }

    function testFuzz_AnEmptyPeriodIsRefused(uint64 from, uint64 until) public {
        registry.registerIssuer(DID);
        from = uint64(bound(from, START, OPEN - 1));
        until = uint64(bound(until, 1, from));
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.EmptyPeriod.selector, from, until));
        registry.addKey(ISSUER, KEY, from, until);
    }

    function test_ASuspensionLeavesItsTraceForEver() public {
        accredited();
        vm.warp(START + 100);
        registry.suspendIssuer(ISSUER);
        vm.warp(START + 200);
        vm.assertFalse(was(START + 150));
        registry.reinstateIssuer(ISSUER);
        vm.assertTrue(was(START + 99));
        vm.assertFalse(was(START + 100));
        vm.assertFalse(was(START + 199));
        vm.assertTrue(was(START + 200));

        vm.warp(START + 300);
        registry.suspendIssuer(ISSUER);
        IIssuerRegistry.Period[] memory all = registry.suspensionsOf(ISSUER);
        vm.assertEq(all.length, 2);
        vm.assertEq(all[0].from, START + 100);
        vm.assertEq(all[0].until, START + 200);
        vm.assertEq(all[1].from, START + 300);
        vm.assertEq(all[1].until, OPEN);
    }

    function test_SuspendsOnceAndReinstatesOnce() public {
        accredited();
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.IssuerNotSuspended.selector, ISSUER));
        registry.reinstateIssuer(ISSUER);
        registry.suspendIssuer(ISSUER);
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.IssuerAlreadySuspended.selector, ISSUER));
        registry.suspendIssuer(ISSUER);
    }

    function test_AccreditationCanEndAndBeginAgainWithItsGap() public {
        accredited();
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.AlreadyAccredited.selector, ISSUER, RESIDENT));
        registry.accredit(ISSUER, RESIDENT, 0, 0);
        vm.warp(START + 10);
        registry.endAccreditation(ISSUER, RESIDENT, 0);
        vm.warp(START + 20);
        registry.accredit(ISSUER, RESIDENT, 0, START + 30);
        vm.assertTrue(was(START + 9));
        vm.assertFalse(was(START + 10));
        vm.assertFalse(was(START + 19));
        vm.assertTrue(was(START + 20));
        vm.assertFalse(was(START + 30));
        vm.assertEq(registry.accreditationsOf(ISSUER, RESIDENT).length, 2);
        vm.assertEq(registry.typesOf(ISSUER).length, 1);
    }

    function test_KeepsEveryKeyWithItsPeriod() public {
        accredited();
        registry.addKey(ISSUER, keccak256("second"), START + 5, START + 9);
        (bytes32[] memory keys, IIssuerRegistry.Period[] memory periods) = registry.keysOf(ISSUER);
        vm.assertEq(keys.length, 2);
        vm.assertEq(keys[0], KEY);
        vm.assertEq(periods[0].until, OPEN);
        vm.assertEq(keys[1], keccak256("second"));
        vm.assertEq(periods[1].from, START + 5);
        vm.assertEq(periods[1].until, START + 9);
        vm.assertEq(registry.registeredAt(ISSUER), START);
    }

    function test_AKeyOfOneIssuerSaysNothingForAnother() public {
        accredited();
        registry.registerIssuer("did:example:other");
        bytes32 other = keccak256("did:example:other");
        registry.accredit(other, RESIDENT, 0, 0);
        vm.assertFalse(registry.wasAccredited(other, KEY, RESIDENT, START));
        vm.assertFalse(registry.wasAccredited(ISSUER, KEY, keccak256("veteran"), START));
    }

    function test_RefusesWhatItDoesNotKnow() public {
        bytes memory unknown = abi.encodeWithSelector(IIssuerRegistry.IssuerNotRegistered.selector, ISSUER);
        vm.expectRevert(unknown);
        registry.addKey(ISSUER, KEY, 0, 0);
        vm.expectRevert(unknown);
        registry.endKey(ISSUER, KEY, 0);
        vm.expectRevert(unknown);
        registry.accredit(ISSUER, RESIDENT, 0, 0);
        vm.expectRevert(unknown);
        registry.endAccreditation(ISSUER, RESIDENT, 0);
        vm.expectRevert(unknown);
        registry.suspendIssuer(ISSUER);
        vm.expectRevert(unknown);
        registry.reinstateIssuer(ISSUER);

        registry.registerIssuer(DID);
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.KeyNotAdded.selector, ISSUER, KEY));
        registry.endKey(ISSUER, KEY, 0);
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.NotAccredited.selector, ISSUER, RESIDENT));
        registry.endAccreditation(ISSUER, RESIDENT, 0);
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.IssuerAlreadyRegistered.selector, ISSUER));
        registry.registerIssuer(DID);
        vm.expectRevert(abi.encodeWithSelector(IIssuerRegistry.EmptyDid.selector));
        registry.registerIssuer("");
    }

    function test_TellsTheWorldOfEachChange() public {
        vm.expectEmit();
        emit IIssuerRegistry.IssuerRegistered(ISSUER, DID);
        registry.registerIssuer(DID);
        vm.expectEmit();
        emit IIssuerRegistry.KeyAdded(ISSUER, KEY, START, OPEN);
        registry.addKey(ISSUER, KEY, 0, 0);
        vm.expectEmit();
        emit IIssuerRegistry.TypeAccredited(ISSUER, RESIDENT, START, START + 10);
        registry.accredit(ISSUER, RESIDENT, 0, START + 10);
        vm.expectEmit();
        emit IIssuerRegistry.AccreditationEnded(ISSUER, RESIDENT, START + 5);
        registry.endAccreditation(ISSUER, RESIDENT, START + 5);
        vm.expectEmit();
        emit IIssuerRegistry.KeyEnded(ISSUER, KEY, START + 5);
        registry.endKey(ISSUER, KEY, START + 5);
        vm.expectEmit();
        emit IIssuerRegistry.IssuerSuspended(ISSUER, START);
        registry.suspendIssuer(ISSUER);
        vm.expectEmit();
        emit IIssuerRegistry.IssuerReinstated(ISSUER, START);
        registry.reinstateIssuer(ISSUER);
    }
}
