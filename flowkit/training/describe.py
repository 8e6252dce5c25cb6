"""A network as ``aws ec2 describe-…`` prints it: one JSON document per command."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from flowkit.training.describe_rules import Document, rule_documents, tags
from flowkit.training.logfiles import COLUMNS
from flowkit.training.network import Interface, Network, Subnet, resource_id

_CREATED: Final = "2025-11-03T09:12:44+00:00"


def snapshot(network: Network, *, taken: str, flow_log: str, bucket: str) -> dict[str, bytes]:
    """Return the files of a snapshot: name to JSON text; *taken* is when, in UTC."""
    documents: dict[str, Document] = {
        "manifest": {"taken": taken},
        "describe-addresses": {"Addresses": _addresses(network)},
        "describe-availability-zones": {"AvailabilityZones": _zones(network)},
        "describe-flow-logs": {"FlowLogs": [_flow_log(network, flow_log, bucket)]},
        "describe-instances": {"Reservations": [_reservation(network, i) for i in _instances(network)]},
        "describe-internet-gateways": {"InternetGateways": [_internet_gateway(network)]},
        "describe-nat-gateways": {"NatGateways": [_nat_gateway(network)]},
        "describe-network-interfaces": {"NetworkInterfaces": [_interface(network, i) for i in network.interfaces]},
        "describe-subnets": {"Subnets": [_subnet(network, subnet) for subnet in network.subnets]},
        "describe-vpc-endpoints": {"VpcEndpoints": []},
        "describe-vpc-peering-connections": {"VpcPeeringConnections": []},
        "describe-vpcs": {"Vpcs": [_vpc(network)]},
        **rule_documents(network),
    }
    return {f"{name}.json": _printed(document) for name, document in documents.items()}


def _printed(document: Document) -> bytes:
    return (json.dumps(document, indent=4) + "\n").encode()


def _arn(network: Network, kind: str, resource: str) -> str:
    return f"arn:aws:ec2:{network.region}:{network.account}:{kind}/{resource}"


def _instances(network: Network) -> Iterable[Interface]:
    return (interface for interface in network.interfaces if interface.instance_type)


def _private_name(network: Network, address: str) -> str:
    return f"ip-{address.replace('.', '-')}.{network.region}.compute.internal"


def _public_name(network: Network, address: str) -> str:
    return f"ec2-{address.replace('.', '-')}.{network.region}.compute.amazonaws.com"


def _mac(interface: Interface) -> str:
    digest = sha256(f"mac/{interface.name}".encode()).hexdigest()
    return ":".join(("02", *(digest[n : n + 2] for n in range(0, 10, 2))))


def _association(network: Network, interface: Interface) -> Document:
    return {
        "IpOwnerId": network.account if _elastic(interface) else "amazon-elb",
        "PublicDnsName": _public_name(network, interface.public_ip),
        "PublicIp": interface.public_ip,
    }


def _elastic(interface: Interface) -> bool:
    """Return whether the public address is an elastic one: the load balancer's are Amazon's."""
    return bool(interface.public_ip) and (interface.kind == "nat_gateway" or bool(interface.instance_type))


def _addresses(network: Network) -> list[Document]:
    return [
        {
            **({"InstanceId": interface.instance_id} if interface.instance_id else {}),
            "PublicIp": interface.public_ip,
            "AllocationId": resource_id("eipalloc", interface.name),
            "AssociationId": resource_id("eipassoc", interface.name),
            "Domain": "vpc",
            "NetworkInterfaceId": interface.id,
            "NetworkInterfaceOwnerId": network.account,
            "PrivateIpAddress": interface.address,
            "Tags": tags(interface.name),
            "PublicIpv4Pool": "amazon",
            "NetworkBorderGroup": network.region,
        }
        for interface in network.interfaces
        if _elastic(interface)
    ]


def _zones(network: Network) -> list[Document]:
    zones = sorted({subnet.zone for subnet in network.subnets}, key=lambda zone: zone.id)
    return [
        {
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "Messages": [],
            "RegionName": network.region,
            "ZoneName": zone.name,
            "ZoneId": zone.id,
            "GroupName": network.region,
            "NetworkBorderGroup": network.region,
            "ZoneType": "availability-zone",
        }
        for zone in zones
    ]


def _flow_log(network: Network, flow_log: str, bucket: str) -> Document:
    return {
        "CreationTime": "2025-11-03T09:40:11.402000+00:00",
        "DeliverLogsStatus": "SUCCESS",
        "FlowLogId": flow_log,
        "FlowLogStatus": "ACTIVE",
        "ResourceId": network.vpc_id,
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{bucket}",
        "LogFormat": " ".join(f"${{{column}}}" for column in COLUMNS.split()),
        "Tags": tags(f"{network.name}-flow-log"),
        "MaxAggregationInterval": 60,
        "DestinationOptions": {
            "FileFormat": "plain-text",
            "HiveCompatiblePartitions": False,
            "PerHourPartition": False,
        },
    }


def _group_refs(network: Network, interface: Interface) -> list[Document]:
    ids = {group.name: group.id for group in network.groups}
    return [{"GroupName": name, "GroupId": ids[name]} for name in interface.groups]


def _attachment(network: Network, interface: Interface) -> Document:
    common = {"DeleteOnTermination": bool(interface.instance_id), "DeviceIndex": 0, "Status": "attached"}
    if interface.instance_id:
        attachment = {"AttachTime": _CREATED, "AttachmentId": resource_id("eni-attach", interface.name)}
        return {
            **attachment,
            **common,
            "InstanceId": interface.instance_id,
            "InstanceOwnerId": network.account,
        }
    letters = "nat" if interface.kind == "nat_gateway" else "ela"
    owner = "amazon-aws" if letters == "nat" else "amazon-elb"
    attachment_id = resource_id(f"{letters}-attach", interface.name)
    return {"AttachmentId": attachment_id, **common, "DeviceIndex": 1, "InstanceOwnerId": owner}


def _interface(network: Network, interface: Interface) -> Document:
    subnet = network.subnet(interface)
    association = {"Association": _association(network, interface)} if interface.public_ip else {}
    requester = {} if interface.instance_id else {"RequesterId": _requester(network, interface)}
    return {
        **association,
        "Attachment": _attachment(network, interface),
        "AvailabilityZone": subnet.zone.name,
        "AvailabilityZoneId": subnet.zone.id,
        "Description": interface.description,
        "Groups": _group_refs(network, interface),
        "InterfaceType": interface.kind,
        "Ipv6Addresses": [{"Ipv6Address": interface.ipv6}] if interface.ipv6 else [],
        "MacAddress": _mac(interface),
        "NetworkInterfaceId": interface.id,
        "OwnerId": network.account,
        "PrivateDnsName": _private_name(network, interface.address),
        "PrivateIpAddress": interface.address,
        "PrivateIpAddresses": [{**association, "Primary": True, "PrivateIpAddress": interface.address}],
        **requester,
        "RequesterManaged": not interface.instance_id,
        "SourceDestCheck": interface.kind != "nat_gateway",
        "Status": "in-use",
        "SubnetId": subnet.id,
        "TagSet": tags(interface.name) if interface.instance_id else [],
        "VpcId": network.vpc_id,
    }


def _requester(network: Network, interface: Interface) -> str:
    return network.account if interface.kind == "nat_gateway" else "amazon-elb"


def _reservation(network: Network, interface: Interface) -> Document:
    return {
        "Groups": [],
        "Instances": [_instance(network, interface)],
        "OwnerId": network.account,
        "ReservationId": resource_id("r", interface.name),
    }


def _instance(network: Network, interface: Interface) -> Document:
    subnet = network.subnet(interface)
    tier = interface.name.split("-")[0]
    public = interface.public_ip
    return {
        "AmiLaunchIndex": 0,
        "ImageId": resource_id("ami", "debian-12"),
        "InstanceId": interface.instance_id,
        "InstanceType": interface.instance_type,
        "LaunchTime": _CREATED,
        "Monitoring": {"State": "disabled"},
        "Placement": {"AvailabilityZone": subnet.zone.name, "GroupName": "", "Tenancy": "default"},
        "PrivateDnsName": _private_name(network, interface.address),
        "PrivateIpAddress": interface.address,
        "ProductCodes": [],
        "PublicDnsName": _public_name(network, public) if public else "",
        **({"PublicIpAddress": public} if public else {}),
        "State": {"Code": 16, "Name": "running"},
        "StateTransitionReason": "",
        "SubnetId": subnet.id,
        "VpcId": network.vpc_id,
        "Architecture": "x86_64",
        "NetworkInterfaces": [_interface_of_instance(network, interface)],
        "SecurityGroups": _group_refs(network, interface),
        "SourceDestCheck": True,
        "Tags": [*tags(interface.name), {"Key": "Tier", "Value": tier}],
    }


def _interface_of_instance(network: Network, interface: Interface) -> Document:
    """Return what describe-instances says of an interface: less than its own command does."""
    own = _interface(network, interface)
    attachment = own["Attachment"]
    left_out = ("AvailabilityZone", "AvailabilityZoneId", "RequesterManaged", "TagSet")
    kept = {key: value for key, value in own.items() if key not in left_out}
    owners = ("InstanceId", "InstanceOwnerId")
    return {**kept, "Attachment": {key: value for key, value in attachment.items() if key not in owners}}


def _internet_gateway(network: Network) -> Document:
    return {
        "Attachments": [{"State": "available", "VpcId": network.vpc_id}],
        "InternetGatewayId": resource_id("igw", network.name),
        "OwnerId": network.account,
        "Tags": tags(f"{network.name}-igw"),
    }


def _nat_gateway(network: Network) -> Document:
    nat = network.nat
    return {
        "CreateTime": _CREATED,
        "NatGatewayAddresses": [
            {
                "AllocationId": resource_id("eipalloc", nat.name),
                "NetworkInterfaceId": nat.id,
                "PrivateIp": nat.address,
                "PublicIp": nat.public_ip,
                "AssociationId": resource_id("eipassoc", nat.name),
                "IsPrimary": True,
                "Status": "succeeded",
            }
        ],
        "NatGatewayId": resource_id("nat", nat.name),
        "State": "available",
        "SubnetId": network.subnet(nat).id,
        "VpcId": network.vpc_id,
        "Tags": tags(nat.name),
        "ConnectivityType": "public",
    }


def _subnet(network: Network, subnet: Subnet) -> Document:
    used = sum(interface.subnet == subnet.name for interface in network.interfaces)
    return {
        "AvailabilityZone": subnet.zone.name,
        "AvailabilityZoneId": subnet.zone.id,
        "AvailableIpAddressCount": 251 - used,
        "CidrBlock": subnet.cidr,
        "DefaultForAz": False,
        "MapPublicIpOnLaunch": subnet.public,
        "State": "available",
        "SubnetId": subnet.id,
        "VpcId": network.vpc_id,
        "OwnerId": network.account,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": _ipv6_blocks(subnet.ipv6),
        "Tags": tags(f"{network.name}-{subnet.name}"),
        "SubnetArn": _arn(network, "subnet", subnet.id),
    }


def _vpc(network: Network) -> Document:
    block = {"AssociationId": resource_id("vpc-cidr-assoc", network.name), "CidrBlock": network.cidr}
    return {
        "CidrBlock": network.cidr,
        "DhcpOptionsId": resource_id("dopt", network.name),
        "State": "available",
        "VpcId": network.vpc_id,
        "OwnerId": network.account,
        "InstanceTenancy": "default",
        "CidrBlockAssociationSet": [{**block, "CidrBlockState": {"State": "associated"}}],
        **({"Ipv6CidrBlockAssociationSet": _ipv6_blocks(network.ipv6)} if network.ipv6 else {}),
        "IsDefault": False,
        "Tags": tags(network.name),
    }


def _ipv6_blocks(block: str) -> list[Document]:
    state = {"Ipv6CidrBlockState": {"State": "associated"}}
    return [{"AssociationId": resource_id("cidr-assoc", block), "Ipv6CidrBlock": block, **state}] if block else []
