// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {ICredentialAnchor} from "../../../contracts/interfaces/ICredentialAnchor.sol";
import {CityTest} from "../CityTest.sol";

contract CredentialAnchorTest is CityTest {
    bytes32 private constant ROOT = keccak256("root");
    bytes32 private constant LIST = keccak256("list");

    function anchorAs(bytes32 root, uint32 leafCount) private returns (uint64) {
        vm.prank(anchorer);
        return anchors.anchor(root, leafCount);
    }

    function commitAs(bytes32 listId, uint64 version, bytes32 hash) private {
        vm.prank(anchorer);
        anchors.commitStatusList(listId, version, hash);
    }

    function test_RemembersWhenARootWasAnchored() public {
        vm.roll(77);
        vm.assertEq(anchorAs(ROOT, 1000), 1);
        vm.warp(block.timestamp + 1 days);
        ICredentialAnchor.Anchor memory known = anchors.anchorOf(ROOT);
        vm.assertEq(known.sequence, 1);
        vm.assertEq(known.blockNumber, 77);
        vm.assertEq(known.time, 1_800_000_000);
        vm.assertEq(known.leafCount, 1000);
        vm.assertEq(anchors.count(), 1);
    }

    function test_KnowsNothingOfARootNeverAnchored() public view {
        vm.assertEq(anchors.anchorOf(ROOT).sequence, 0);
        vm.assertEq(anchors.anchorOf(bytes32(0)).sequence, 0);
    }

    function test_TellsTheWorldOfEachRoot() public {
        bytes32 head = keccak256(abi.encode(anchors.head(), ROOT, uint32(5), uint64(block.number), uint64(block.timestamp)));
        vm.expectEmit();
        emit ICredentialAnchor.RootAnchored(ROOT, 1, 5, uint64(block.number), uint64(block.timestamp), head);
        anchorAs(ROOT, 5);
    }

    function test_ChainsEachRootToTheOneBefore() public {
        bytes32 expected = keccak256(abi.encode(block.chainid, anchors));
        vm.assertEq(anchors.head(), expected);
        for (uint32 i = 1; i <= 3; ++i) {
            vm.warp(block.timestamp + i);
            bytes32 root = keccak256(abi.encode(i));
            vm.assertEq(anchorAs(root, i), i);
            expected = keccak256(abi.encode(expected, root, i, uint64(block.number), uint64(block.timestamp)));
            vm.assertEq(anchors.head(), expected);
        }
    }

    function testFuzz_TakesARootOnlyOnce(bytes32 root, uint32 first, uint32 second, uint32 later) public {
        vm.assume(root != 0 && first != 0 && second != 0);
        anchorAs(root, first);
        ICredentialAnchor.Anchor memory before = anchors.anchorOf(root);
        vm.warp(block.timestamp + later);
        vm.expectRevert(abi.encodeWithSelector(ICredentialAnchor.RootAlreadyAnchored.selector, root));
        anchorAs(root, second);
        vm.assertEq(keccak256(abi.encode(anchors.anchorOf(root))), keccak256(abi.encode(before)));
        vm.assertEq(anchors.count(), 1);
    }

    function test_RefusesAnEmptyRootAndAnEmptyBatch() public {
        vm.expectRevert(abi.encodeWithSelector(ICredentialAnchor.EmptyRoot.selector));
        anchorAs(bytes32(0), 1);
        vm.expectRevert(abi.encodeWithSelector(ICredentialAnchor.EmptyBatch.selector));
        anchorAs(ROOT, 0);
    }

    function testFuzz_FindsALeafUnderItsRootAndNoOther(bytes32 a, bytes32 b, bytes32 c, bytes32 stranger) public {
        vm.assume(stranger != a && stranger != b && stranger != c);
        bytes32 ab = pairOf(leafOf(a), leafOf(b));
        bytes32 root = pairOf(ab, leafOf(c));
        bytes32[] memory path = new bytes32[](2);
        (path[0], path[1]) = (leafOf(b), leafOf(c));

        vm.assertFalse(anchors.verify(a, path, root));
        anchorAs(root, 3);
        vm.assertTrue(anchors.verify(a, path, root));
        vm.assertFalse(anchors.verify(stranger, path, root));
        vm.assertFalse(anchors.verify(a, path, keccak256(abi.encode(root))));
    }

    function testFuzz_NeverTakesAnInnerNodeForALeaf(bytes32 a, bytes32 b, bytes32 c) public {
        bytes32 ab = pairOf(leafOf(a), leafOf(b));
        bytes32 root = pairOf(ab, leafOf(c));
        anchorAs(root, 3);
        bytes32[] memory path = new bytes32[](1);
        path[0] = leafOf(c);
        vm.assertFalse(anchors.verify(ab, path, root));
        vm.assertFalse(anchors.verify(keccak256(abi.encode(ab)), path, root));
        vm.assertFalse(anchors.verify(root, new bytes32[](0), root));
    }

    function test_CommitsEachVersionOfAStatusList() public {
        vm.expectEmit();
        emit ICredentialAnchor.StatusListCommitted(LIST, 1, keccak256("one"), uint64(block.timestamp));
        commitAs(LIST, 1, keccak256("one"));
        vm.warp(block.timestamp + 60);
        commitAs(LIST, 3, keccak256("three"));

        (uint64 version, uint64 time) = anchors.statusListOf(LIST);
        vm.assertEq(version, 3);
        vm.assertEq(time, 1_800_000_060);
        vm.assertEq(anchors.statusListHash(LIST, 1), keccak256("one"));
        vm.assertEq(anchors.statusListHash(LIST, 2), bytes32(0));
        vm.assertEq(anchors.statusListHash(LIST, 3), keccak256("three"));
        (version,) = anchors.statusListOf(keccak256("another list"));
        vm.assertEq(version, 0);
    }

    function testFuzz_VersionsOnlyGoUp(uint64 first, uint64 second, bytes32 hash, bytes32 other) public {
        vm.assume(first != 0 && hash != 0 && other != 0);
        second = uint64(bound(second, 0, first));
        commitAs(LIST, first, hash);
        vm.expectRevert(
            abi.encodeWithSelector(ICredentialAnchor.VersionNotIncreasing.selector, LIST, second, first)
        );
        commitAs(LIST, second, other);
        vm.assertEq(anchors.statusListHash(LIST, first), hash);
    }

    function test_RefusesVersionZeroAndAnEmptyHash() public {
        vm.expectRevert(abi.encodeWithSelector(ICredentialAnchor.VersionNotIncreasing.selector, LIST, 0, 0));
        commitAs(LIST, 0, keccak256("zero"));
        vm.expectRevert(abi.encodeWithSelector(ICredentialAnchor.EmptyStatusListHash.selector));
        commitAs(LIST, 1, bytes32(0));
    }
}
