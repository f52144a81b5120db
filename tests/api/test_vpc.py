"""VPC configurations: round trip, ids, limits."""
import re

VPC = {"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-0123456789abcdef0"]}


def test_add_update_delete(app, fails):
    app.create()
    client, name = app.client, app.name
    added = client.add_application_vpc_configuration(ApplicationName=name, CurrentApplicationVersionId=1, VpcConfiguration=VPC)
    description = added["VpcConfigurationDescription"]
    assert added["ApplicationVersionId"] == 2 and added["ApplicationARN"] == app.arn()
    assert description == {**VPC, "VpcConfigurationId": "2.1", "VpcId": description["VpcId"]}
    assert re.fullmatch(r"vpc-[0-9a-f]{17}", description["VpcId"])
    operation = app.operation(added["OperationId"])
    assert (operation["Operation"], operation["OperationStatus"]) == ("AddApplicationVpcConfiguration", "SUCCESSFUL")
    assert operation["ApplicationVersionChangeDetails"] == {"ApplicationVersionUpdatedFrom": 1, "ApplicationVersionUpdatedTo": 2}
    assert app.configuration()["VpcConfigurationDescriptions"] == [description]
    more = ["subnet-0123456789abcdef0", "subnet-2"]
    app.update(ApplicationConfigurationUpdate={"VpcConfigurationUpdates": [{"VpcConfigurationId": "2.1", "SubnetIdUpdates": more}]})
    assert app.configuration()["VpcConfigurationDescriptions"] == [{**description, "SubnetIds": more}]
    fails("InvalidArgumentException", app.update, ApplicationConfigurationUpdate={
        "VpcConfigurationUpdates": [{"VpcConfigurationId": "1.1", "SubnetIdUpdates": more}]})
    delete = client.delete_application_vpc_configuration
    fails("ConcurrentModificationException", delete, ApplicationName=name, CurrentApplicationVersionId=2, VpcConfigurationId="2.1")
    fails("ResourceNotFoundException", delete, ApplicationName=name, CurrentApplicationVersionId=3, VpcConfigurationId="1.1")
    deleted = delete(ApplicationName=name, ConditionalToken=app.detail()["ConditionalToken"], VpcConfigurationId="2.1")
    assert deleted["ApplicationVersionId"] == 4 and deleted["OperationId"]
    assert "VpcConfigurationDescriptions" not in app.configuration()


def test_at_creation(app):
    detail = app.create(ApplicationConfiguration={"VpcConfigurations": [VPC]})
    described = detail["ApplicationConfigurationDescription"]["VpcConfigurationDescriptions"]
    assert [v["VpcConfigurationId"] for v in described] == ["1.1"]
    assert {k: described[0][k] for k in VPC} == VPC


def test_limits(app, fails):
    app.create()
    add = app.client.add_application_vpc_configuration

    def refused(**change):
        return fails("InvalidArgumentException", add, ApplicationName=app.name, CurrentApplicationVersionId=1,
                     VpcConfiguration={**VPC, **change})

    assert "less than or equal to 16" in refused(SubnetIds=[f"subnet-{i}" for i in range(17)])
    assert "less than or equal to 5" in refused(SecurityGroupIds=[f"sg-{i}" for i in range(6)])
    assert "greater than or equal to 1" in refused(SubnetIds=[])
    assert "subnet id" in refused(SubnetIds=["net-1"])
    assert "security group id" in refused(SecurityGroupIds=["sg-"])
    assert "twice" in refused(SubnetIds=["subnet-1", "subnet-1"])
    assert "CurrentApplicationVersionId or ConditionalToken" in fails(
        "InvalidArgumentException", add, ApplicationName=app.name, VpcConfiguration=VPC)
    assert app.detail()["ApplicationVersionId"] == 1
